package sms

import (
	"strings"
	"time"

	"policypush/internal/channel"
)

// verdict is what a provider's code means.
type verdict struct {
	class channel.Class
	// whole tells that it holds for every message of the provider.
	whole bool
	// dead tells that the number is no number.
	dead bool
	// after is how long to wait.
	after time.Duration
}

// codes is the table of a provider. A code that ends in * stands for all that
// begin so; the exact one goes before, then the longest.
type codes map[string]verdict

// unheard is what a code means that is in no table: the message was refused,
// and whether for good nobody knows.
var unheard = verdict{class: channel.Retry}

// row returns the row of a code, or "".
func (c codes) row(code string) string {
	if _, ok := c[code]; ok {
		return code
	}
	best := ""
	for pattern := range c {
		if head, any := strings.CutSuffix(pattern, "*"); any && strings.HasPrefix(code, head) && len(pattern) > len(best) {
			best = pattern
		}
	}
	return best
}

// result turns a provider's answer into a result without Ref.
func (c codes) result(code, text string) (r channel.Result, whole bool) {
	v, known := c[c.row(code)]
	if !known {
		v = unheard
	}
	return channel.Result{Class: v.class, Code: code, Note: channel.Note(text), BadAddress: v.dead, After: v.after}, v.whole
}
