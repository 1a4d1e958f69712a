package domain_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"policypush/internal/domain"
)

func TestPartsOfATextMessage(t *testing.T) {
	for text, want := range map[string]int{
		"": 1, "退订回TD": 1,
		strings.Repeat("政", 70): 1, strings.Repeat("政", 71): 2, strings.Repeat("政", 134): 2, strings.Repeat("政", 135): 3,
		strings.Repeat("政", 201): 3, strings.Repeat("政", 202): 4, strings.Repeat("a", 71): 2,
		strings.Repeat("𠮷", 35): 1, strings.Repeat("𠮷", 36): 2,
		// 67 units are no whole number of pairs: each part holds 33.
		strings.Repeat("𠮷", 67): 3,
	} {
		if got := domain.SMSParts(text); len(got) != want {
			t.Errorf("%d parts of %q, want %d", len(got), text, want)
		}
	}
}

func FuzzSMSParts(f *testing.F) {
	f.Add(strings.Repeat("政", 66) + "𠮷" + strings.Repeat("策", 80))
	f.Add("\xff" + strings.Repeat("𠮷a", 60))
	f.Fuzz(func(t *testing.T, text string) {
		parts := domain.SMSParts(text)
		if strings.Join(parts, "") != text {
			t.Fatal("the parts are not the text")
		}
		for i, part := range parts {
			n := len(utf16.Encode([]rune(part)))
			if n > 70 || len(parts) > 1 && n > 67 || len(parts) > 1 && n < 66 && i < len(parts)-1 {
				t.Errorf("part %d of %d holds %d units", i+1, len(parts), n)
			}
		}
	})
}
