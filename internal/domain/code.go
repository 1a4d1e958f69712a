package domain

import "strings"

// RegionPrefix cuts the zeros that fill a code of GB/T 2260 up: 330000 → 33,
// 330600 → 3306, 330603 stays, 330603001 stays. The empty code and 000000 are
// the whole country, the empty prefix.
func RegionPrefix(code string) string {
	if len(code) > 6 {
		return code
	}
	for len(code) >= 2 && strings.HasSuffix(code, "00") {
		code = code[:len(code)-2]
	}
	return code
}

// InTree answers whether a known code lies in the part of the hierarchy that
// wider names. A profile that only says "in this city" is Unknown to a
// condition on one of the city's counties.
func InTree(f Field, code, wider string) Truth {
	if f == FieldRegion || f == FieldHukou {
		code, wider = RegionPrefix(code), RegionPrefix(wider)
	}
	switch {
	case strings.HasPrefix(code, wider):
		return Yes
	case strings.HasPrefix(wider, code):
		return Unknown
	default:
		return No
	}
}
