package domain

import "strings"

// usccDigits are the characters of a 统一社会信用代码 with the values 0 to 30;
// I, O, S, V and Z are left out.
const usccDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// ValidUSCC tells whether s is a 统一社会信用代码 of GB 32100-2015: eighteen
// characters, the last of which checks the others.
func ValidUSCC(s string) bool {
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(usccDigits, s[i])
		if value < 0 {
			return false
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return s[17] == usccDigits[(31-sum%31)%31]
}

// MaskUSCC hides the middle of a 统一社会信用代码: 9133**********001T.
func MaskUSCC(s string) string {
	if len(s) != 18 {
		return strings.Repeat("*", len(s))
	}
	return s[:4] + strings.Repeat("*", 10) + s[14:]
}
