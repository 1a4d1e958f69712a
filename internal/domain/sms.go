package domain

import "unicode/utf16"

// How many UTF-16 units a text message of one part holds, and what each part of
// a longer one holds beside the six octets that tell how to join them.
const (
	oneSMS  = 70
	partSMS = 67
)

// SMSParts splits a text message, its signature included, into the parts in
// which it goes over the air and is paid for. No part begins or ends within a
// character; together they are the text.
func SMSParts(text string) []string {
	units := 0
	for _, r := range text {
		units += utf16.RuneLen(r)
	}
	if units <= oneSMS {
		return []string{text}
	}
	parts := make([]string, 0, units/partSMS+1)
	from, n := 0, 0
	for at, r := range text {
		size := utf16.RuneLen(r)
		if n+size > partSMS {
			parts = append(parts, text[from:at])
			from, n = at, 0
		}
		n += size
	}
	return append(parts, text[from:])
}
