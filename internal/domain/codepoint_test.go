package domain

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCodePointsAreCountedAsByTheLibrary(t *testing.T) {
	for _, part := range []string{"", "a", "县", "é", "😀", "年2026月é", "小微企业a", "，,。.😀云川县"} {
		for n := range 40 {
			text := strings.Repeat(part, n) + "x"
			if got, want := CodePoints(text), utf8.RuneCountInString(text); got != want {
				t.Errorf("%q: %d, not %d", text, got, want)
			}
			at := 0
			for i := range text {
				if got := ByteAt(text, at); got != i {
					t.Fatalf("%q: code point %d begins at %d, not %d", text, at, got, i)
				}
				at++
			}
			for more := range 3 {
				if got := ByteAt(text, at+more); got != len(text) {
					t.Errorf("%q: code point %d begins at %d, not at the end", text, at+more, got)
				}
			}
		}
	}
}
