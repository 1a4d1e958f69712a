package domain

import "testing"

func TestValidUSCC(t *testing.T) {
	for code, want := range map[string]bool{
		"91330000MA27U0000X": false, // wrong check character
		"91350100M000100Y43": true,  // the example of the standard
		"91350100M000100Y44": false,
		"91350100M000100Y4":  false,
		"91350100I000100Y43": false, // I is no character of a code
		"":                   false,
		"91350100M000100Y4３": false,
	} {
		if got := ValidUSCC(code); got != want {
			t.Errorf("ValidUSCC(%q) = %v", code, got)
		}
	}
}
