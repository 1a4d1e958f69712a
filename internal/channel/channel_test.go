package channel_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"policypush/internal/channel"
)

func TestNotesHoldNoPersonalData(t *testing.T) {
	for in, want := range map[string]string{
		"5.1.1 <zhang.san@example.com>: User unknown": "5.1.1 <***>: User unknown",
		"收件人 李四@例子.中国 不存在":                            "收件人 *** 不存在",
		"number +8613800000001 denied\r\nX: y":        "number *** denied X: y",
		"ok 2.0.0 queued as 4BZ9\x00\x1b[31m":         "ok 2.0.0 queued as 4BZ9 [31m",
		"":                                            "",
	} {
		if got := channel.Note(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if long := channel.Note(strings.Repeat("拒收", 500)); utf8.RuneCountInString(long) != 160 || !strings.HasSuffix(long, "…") {
		t.Errorf("long note: %q", long)
	}
	if got := channel.Note("\xff\xfe"); !utf8.ValidString(got) {
		t.Errorf("%q", got)
	}
}

func TestReferencesAreFitForHeadersAndAddresses(t *testing.T) {
	for ref, want := range map[string]bool{
		"d1": true, "d9223372036854775807": true, "c-Ab_9": true,
		"": false, "d 1": false, "d.1": false, "d1\r\n": false, "德1": false, strings.Repeat("d", 41): false,
	} {
		if channel.ValidRef(ref) != want {
			t.Errorf("%q: %v", ref, !want)
		}
	}
}

func TestModesAndClassesHaveNames(t *testing.T) {
	if channel.Mode("on").Valid() || !channel.Log.Valid() {
		t.Error("modes")
	}
	seen := map[string]bool{}
	for c := channel.Unknown; c <= channel.Config; c++ {
		seen[c.String()] = true
	}
	if len(seen) != 8 || channel.Class(0) != channel.Unknown {
		t.Errorf("%v", seen)
	}
}
