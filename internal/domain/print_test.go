package domain_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"policypush/internal/domain"
)

func TestASlipCodeIsReadAsItIsTyped(t *testing.T) {
	code := domain.SlipCode(128, 17)
	for _, typed := range []string{code, " " + code + "\n", strings.ReplaceAll(code, "-", "—"), strings.ReplaceAll(code, "-", "－"), strings.ReplaceAll(code, "1", "１"), strings.ReplaceAll(code, "-", " - ")} {
		if batch, letter, err := domain.ParseSlipCode(typed); err != nil || batch != 128 || letter != 17 {
			t.Errorf("%q is %d, %d, %v", typed, batch, letter, err)
		}
	}
	for _, bad := range []string{"", "128-17", "128-17-1", "x-1-02", "0-1-02", "1234567890123-1-02", code + "0", "d12"} {
		if _, _, err := domain.ParseSlipCode(bad); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestOneWrongDigitIsNoOtherSlip: a digit that is read wrong, or two that
// change places, never enter a result for somebody else.
func TestOneWrongDigitIsNoOtherSlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		batch := domain.PrintID(rapid.Int64Range(1, 999_999).Draw(t, "batch"))
		letter := rapid.IntRange(domain.CanaryLetter, domain.MaxLetters).Draw(t, "letter")
		code := []byte(domain.SlipCode(batch, letter))
		at := rapid.IntRange(0, len(code)-1).Draw(t, "at")
		wrong := append([]byte{}, code...)
		if rapid.Bool().Draw(t, "swap") && at+1 < len(code) && code[at] != '-' && code[at+1] != '-' { // a dash is no digit
			wrong[at], wrong[at+1] = wrong[at+1], wrong[at]
		} else {
			wrong[at] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		}
		b, l, err := domain.ParseSlipCode(string(wrong))
		if err == nil && (b != batch || l != letter) {
			t.Fatalf("%s reads as %s: %d, %d", code, wrong, b, l)
		}
	})
}

func FuzzParseSlipCode(f *testing.F) {
	f.Add(domain.SlipCode(1, 1))
	f.Add("１２－３－４５")
	f.Fuzz(func(t *testing.T, text string) {
		batch, letter, err := domain.ParseSlipCode(text)
		if err != nil {
			return
		}
		if b, l, err := domain.ParseSlipCode(domain.SlipCode(batch, letter)); err != nil || b != batch || l != letter {
			t.Errorf("%q is %d, %d; written anew %d, %d, %v", text, batch, letter, b, l, err)
		}
	})
}
