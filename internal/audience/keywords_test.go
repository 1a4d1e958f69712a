package audience

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestKeywordsOccur(t *testing.T) {
	long := strings.Repeat("技术改造", 10)
	for name, tt := range map[string]struct {
		words []string
		text  string
		want  []string
	}{
		"words within words":                 {[]string{"技术", "技术改造", "术改", "改造补助"}, "支持技术改造", []string{"技术", "技术改造", "术改"}},
		"a word of one letter":               {[]string{"税", "费"}, "减税", []string{"税"}},
		"one letter, at the very end":        {[]string{"减税", "税"}, "减税", []string{"减税", "税"}},
		"other letters":                      {[]string{"esg", "5g应用"}, "ＥＳＧ报告；５Ｇ应用", []string{"esg", "5g应用"}},
		"a word is found once":               {[]string{"贴息"}, "贴息贴息贴息", []string{"贴息"}},
		"longer than is hashed":              {[]string{long, long + "补助", long + "奖励"}, "对" + long + "奖励给予", []string{long, long + "奖励"}},
		"a word that the text cuts off":      {[]string{"技术改造"}, "技术改", nil},
		"no text":                            {[]string{"税"}, "", nil},
		"broken bytes are as good as \ufffd": {[]string{"a\ufffdb"}, "xa\xffb", []string{"a\ufffdb"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeywords()
			ids := map[uint32]string{}
			for _, w := range tt.words {
				ids[k.hold(fold(w))] = w
			}
			var got []string
			for _, id := range k.match(tt.text) {
				got = append(got, ids[id])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDistinctKeywords(t *testing.T) {
	if got, want := distinctKeywords([]string{"ＲＤ", "社保", " rd ", "", "　", "社保"}), []string{"rd", "社保"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestKeywordsAgreeWithContains holds the tables against strings.Contains
// while words come and go, from so few letters that they overlap all the time.
func TestKeywordsAgreeWithContains(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	letters := []rune("税费减免ab")
	word := func(most int) string {
		w := make([]rune, 1+r.IntN(most))
		for i := range w {
			w[i] = letters[r.IntN(len(letters))]
		}
		return string(w)
	}
	k := newKeywords()
	holders, ids := map[string]int{}, map[uint32]string{} // of the words that are held
	given, used := map[string]uint32{}, map[uint32]bool{} // all ids that ever were
	var held []string
	hits := 0
	for round := range 60_000 {
		if len(held) < 1500 || r.IntN(2) == 0 && len(held) < 3000 {
			w := word(8)
			id := k.hold(w)
			if before, held := given[w]; k.word(id) != w || held && before != id || !held && used[id] {
				t.Fatalf("%q was given id %d, which is %q", w, id, k.word(id))
			}
			given[w], ids[id], used[id] = id, w, true
			holders[w]++
			held = append(held, w)
		} else {
			at := r.IntN(len(held))
			w := held[at]
			held[at], held = held[len(held)-1], held[:len(held)-1]
			k.release(given[w])
			if holders[w]--; holders[w] == 0 {
				delete(holders, w)
				delete(ids, given[w])
				delete(given, w)
			}
		}
		if round%500 != 0 {
			continue
		}
		text := word(40)
		got := map[string]bool{}
		for _, id := range k.match(text) {
			got[ids[id]] = true
		}
		for w := range holders {
			if strings.Contains(text, w) != got[w] {
				t.Fatalf("round %d: %q in %q: %v", round, w, text, got[w])
			}
			if got[w] {
				hits++
			}
		}
		if len(ids) != len(holders) || k.count() != len(holders) {
			t.Fatalf("round %d: %d ids, %d words, want %d", round, len(ids), k.count(), len(holders))
		}
	}
	if hits < 500 {
		t.Errorf("only %d hits: the draws prove little", hits)
	}
}

// TestPostingsAgreeWithSets holds postings against maps while slots come and go.
func TestPostingsAgreeWithSets(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	var p postings
	holders, held := map[uint32]map[uint16]bool{}, map[uint16]map[uint32]bool{}
	for round := range 100_000 {
		word := uint32(r.ExpFloat64() * 40 * float64(1+r.IntN(20)))
		slot := uint16(r.IntN(300) * 217)
		if holders[word] == nil {
			holders[word] = map[uint16]bool{}
		}
		if held[slot] == nil {
			held[slot] = map[uint32]bool{}
		}
		if holders[word][slot] {
			p.remove(word, slot)
			delete(holders[word], slot)
			delete(held[slot], word)
		} else {
			if r.IntN(3) == 0 {
				p.remove(word, slot) // is not there: nothing happens
			}
			p.add(word, slot)
			holders[word][slot], held[slot][word] = true, true
		}
		if round%1000 != 0 {
			continue
		}
		words := []uint32{word, uint32(r.IntN(100)), uint32(r.IntN(5000)), 1 << 31}
		var got, want bitset
		p.union(words, &got)
		for _, word := range words {
			for slot := range holders[word] {
				want[slot>>6] |= 1 << (slot & 63)
			}
		}
		if got != want {
			t.Fatalf("round %d: the union of %v differs", round, words)
		}
		if got, want := slices.Sorted(slices.Values(p.of(nil, slot))), slices.Sorted(maps.Keys(held[slot])); !slices.Equal(got, want) {
			t.Fatalf("round %d: slot %d holds %v, want %v", round, slot, got, want)
		}
	}
	for word, slots := range holders {
		for slot := range slots {
			p.remove(word, slot)
		}
	}
	for i := range shelves {
		if len(p.byWord[i])+len(p.bySlot[i]) > 0 {
			t.Errorf("shelf %d still holds something", i)
		}
	}
}

func BenchmarkKeywords(b *testing.B) {
	const distinct = 200_000
	k := newKeywords()
	text := loadKeywords(k, distinct)
	b.Run("match 10 KB", func(b *testing.B) {
		for b.Loop() {
			k.match(text)
		}
		b.ReportMetric(float64(k.bytes())/1e6, "MB")
	})
	b.Run("hold and drop", func(b *testing.B) {
		for b.Loop() {
			k.release(k.hold("新增关键词"))
		}
	})
}

// loadKeywords fills the tables with compounds of common words and returns a
// text of the same words.
func loadKeywords(k *keywords, distinct int) (text string) {
	r := rand.New(rand.NewPCG(11, 11))
	letter := func() rune { return rune(0x4e00 + 6*int(3000*r.Float64()*r.Float64())) }
	var lexicon []string
	for range 6000 {
		lexicon = append(lexicon, string([]rune{letter(), letter()}))
	}
	common := func() string { return lexicon[int(float64(len(lexicon))*r.Float64()*r.Float64())] }
	for k.count() < distinct {
		switch x := r.Float64(); {
		case x < .15:
			k.hold(fmt.Sprintf("%c%c", letter(), letter()))
		case x < .35:
			k.hold(fmt.Sprintf("%c%c%c", letter(), letter(), letter()))
		case x < .8:
			k.hold(common() + common())
		default:
			k.hold(common() + common() + common())
		}
	}
	var b strings.Builder
	for b.Len() < 10<<10 {
		b.WriteString(common())
		if r.Float64() < .05 {
			b.WriteString("，")
		}
	}
	return b.String()
}
