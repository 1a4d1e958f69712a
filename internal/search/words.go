package search

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/rules"
)

// words is what the engine knows about words beyond their letters.
type words struct {
	rules *rules.Rules
	// alike gives to a name or alias the others of its group.
	alike map[string][]string
	// starts are the first two characters of the keys of alike, and how long
	// (in characters) the longest of them is.
	starts map[string]int
	sounds *sounds
}

func newWords(r *rules.Rules) *words {
	w := &words{rules: r, alike: map[string][]string{}, starts: map[string]int{}}
	group := func(i *rules.Item) { w.group(append([]string{i.Name}, i.Aliases...)) }
	for _, c := range r.Colloquial.All() { // what people say goes first: of many words few have their turn
		group(&c.Item)
	}
	for _, t := range r.Taxes.All() {
		group(&t.Item)
	}
	for _, g := range r.Groups.All() {
		group(&g.Item)
	}
	for _, a := range r.Attributes.All() {
		group(&a.Item)
	}
	for _, b := range r.Benefits.All() {
		group(&b.Item)
	}
	for _, j := range r.Jargon.All() {
		group(&j.Item)
	}
	known := r.UserWords()
	for _, c := range r.Colloquial.All() {
		known = append(append(known, c.Name), c.Aliases...)
	}
	slices.Sort(known)
	w.sounds = newSounds(slices.Compact(known))
	return w
}

// group makes words of one meaning known to each other.
func (w *words) group(all []string) {
	for i, word := range all {
		all[i] = flat(word)
	}
	for _, word := range all {
		n := utf8.RuneCountInString(word)
		for _, other := range all {
			if other != word && utf8.RuneCountInString(other) > 1 && !slices.Contains(w.alike[word], other) {
				w.alike[word] = append(w.alike[word], other)
			}
		}
		if n < 2 {
			continue // only where it is a word: see alone
		}
		start := firstPair(word)
		w.starts[start] = max(w.starts[start], n)
	}
}

// numbered is a document number as people type it, with any brackets or none.
var numbered = regexp.MustCompile(`(\p{Han}{2,12})(\s*[〔\[【（(﹝［]?\s*(?:19|20)[0-9]{2}\s*[〕\]】）)﹞］]?\s*年?\s*第?\s*[0-9]{1,5}\s*号)`)

// number is the key of the document number in a question: that of the whole
// question if there is none.
func (w *words) number(text string) string {
	if re := w.rules.Numbers.DocNo; re != nil {
		if found := re.FindString(text); found != "" {
			return numberKey(found)
		}
	}
	if m := numbered.FindStringSubmatch(text); m != nil {
		if office := strip(m[1]); len(office) > 0 { // before it words of asking may stand
			return numberKey(office[len(office)-1] + m[2])
		}
	}
	return numberKey(text)
}

func firstPair(s string) string {
	_, a := utf8.DecodeRuneInString(s)
	_, b := utf8.DecodeRuneInString(s[a:])
	return s[:a+b]
}

// synonym is another word for one that was typed.
type synonym struct{ word, of string }

// synonyms returns what else the words of a Chinese run are called, the longest
// words first found.
func (w *words) synonyms(text string) []synonym {
	var found []synonym
	chars := []rune(text)
	for i := 0; i+1 < len(chars); {
		next := i + 1
		for n := min(w.starts[string(chars[i:i+2])], len(chars)-i); n >= 2; n-- {
			of := string(chars[i : i+n])
			if others := w.alike[of]; others != nil {
				for _, other := range others {
					known := func(s synonym) bool { return s.word == other }
					if !strings.Contains(text, other) && !slices.ContainsFunc(found, known) {
						found = append(found, synonym{other, of})
					}
				}
				next = i + n
				break
			}
		}
		i = next
	}
	return found
}

// alone returns what else a word of one character is called, which stands at a
// place of a run: it was typed in the pairs around it.
func (w *words) alone(text string, at int) []synonym {
	var found []synonym
	chars := []rune(text)
	for _, other := range w.alike[string(chars[at])] {
		if !strings.Contains(text, other) {
			found = append(found, synonym{other, string(chars[max(0, at-1):min(len(chars), at+2)])})
		}
	}
	return found
}

// turns puts first one other word for each that was typed, then a second: a word
// that is called much else leaves room for those after it.
func turns(all []synonym) []synonym {
	turn := map[string]int{}
	at := make([]int, len(all))
	order := make([]int, len(all))
	for i, s := range all {
		at[i], order[i] = turn[s.of], i
		turn[s.of]++
	}
	slices.SortStableFunc(order, func(a, b int) int { return at[a] - at[b] })
	sorted := make([]synonym, len(all))
	for i, from := range order {
		sorted[i] = all[from]
	}
	return sorted
}

// filler are the words with which people ask. They say nothing about the
// matter, and since documents do not use them they would weigh most of all.
var filler = []string{
	"请问一下", "请问", "你好", "您好", "咨询一下", "想咨询", "想了解", "了解一下", "想问", "想知道", "我想", "我要", "麻烦", "谢谢",
	"是不是", "能不能", "可不可以", "可以不可以", "要不要", "有没有", "行不行", "会不会", "该不该", "用不用", "需不需要", "有无",
	"为什么", "怎么样", "怎么办", "怎么", "怎样", "如何", "咋样", "咋", "是什么", "有什么", "什么样", "什么", "啥", "哪些", "哪个", "哪里", "哪儿", "哪几", "哪种", "哪一", "哪",
	"多少", "多久", "多大", "多长", "几个", "几项", "几种", "几条", "几类", "何时", "何种", "何", "是否", "分别是", "分别",
	"可以", "能够", "能否", "可否", "应该", "应当", "还能", "还要", "还有", "吗", "呢", "嘛", "吧", "啊", "呀", "么",
	"我们", "咱们", "你们", "他们", "我家", "我", "您", "你", "咱", "俺", "进行", "对于", "关于", "根据", "按照",
	"采取了", "采取", "做了", "做出", "作出", "作了", "提出了", "提出", "给出了", "给出", "实行了", "给予了", "的", "了", "是", "在", "有", "对", "和", "与", "及", "或", "被", "把", "将", "就", "都", "也", "给",
}

// strip takes the fillers out of a folded Chinese run and returns what is left
// between them. Fillers of one character part words only where they cannot be
// inside one: 有 and 对 are left in 有效 and 对象 by keep.
func strip(text string) []string {
	var out []string
	start := 0
	for i := 0; i < len(text); {
		if n := fillerAt(text, i); n > 0 {
			if i > start {
				out = append(out, text[start:i])
			}
			i += n
			start = i
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		i += n
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// keep are words that begin or end like a filler.
var keep = []string{
	"有效", "有限", "有关", "有机", "有色", "有线", "有偿", "有毒", "有害", "对象", "对外", "对口", "对接", "对账", "在职", "在校", "在岗", "在线", "在读", "在建",
	"的士", "目的", "标的", "了解", "和谐", "和平", "及时", "以及", "普及", "或者", "是非", "就业", "就医", "就诊", "就读", "就餐", "成就", "都市", "首都", "成都", "给付", "给水", "供给",
	"自我", "所有", "国有", "固有", "拥有", "持有", "现有", "原有", "共有", "没有", "私有", "含有", "享有", "占有", "针对", "应对", "绝对", "结对", "将来", "即将", "把关", "被告", "被征", "被保险", "与会", "参与", "给养",
	"存在", "现在", "所在", "实在", "正在", "涉及", "危及", "总和", "调和", "几何", "任何", "配给", "补给", "首都", "呢绒", "对策", "对等", "对比", "对照", "有序", "有力", "存有", "不了", "了结", "将军", "就地", "就近", "就高", "就学", "就职", "迁就",
}

// fillerAt returns the length in bytes of the filler at a place, or 0.
func fillerAt(text string, at int) int {
	for _, w := range keep {
		// The place lies inside a word that is kept.
		for from := max(0, at-len(w)+1); from <= at; from++ {
			if strings.HasPrefix(text[from:], w) {
				return 0
			}
		}
	}
	for _, f := range filler {
		if strings.HasPrefix(text[at:], f) {
			return len(f)
		}
	}
	return 0
}
