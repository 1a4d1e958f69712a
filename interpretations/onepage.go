package interpretations

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// OnePage (一图读懂) is a policy on one page, composed of blocks. It is drawn as
// HTML, which is read on a phone, printed on one sheet and captured as a
// picture.
type OnePage struct {
	Lead   string  `json:"lead,omitempty"` // a line under the title
	Hero   []Entry `json:"hero"`           // the figures that stand out, at most MaxHero
	Blocks []Block `json:"blocks"`         // 1 to MaxBlocks
}

// Block is a part of a one-page picture with its heading.
type Block struct {
	Form   BlockForm `json:"form"`
	Title  string    `json:"title"`
	Lines  []Entry   `json:"lines,omitempty"`
	Item   int64     `json:"item,omitempty"`   // the interpretation that an Embedded block shows
	Clause string    `json:"clause,omitempty"` // path of the clause that it rests on; an Embedded one has its own
}

// Entry is one entry of a block: what, a few words about it, and what stands
// out.
type Entry struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
	Big  string `json:"big,omitempty"` // 50万元
	// Clause is the path of the clause of this entry, if it is not the block's.
	Clause string `json:"clause,omitempty"`
}

// Ends tells whether a figure that stands out is a last day.
func (e Entry) Ends() bool { return strings.Contains(e.Name, "截止") }

// BlockForm is the shape of a block.
type BlockForm string

// The forms of blocks.
const (
	Chips    BlockForm = "chips"    // who: short tiles
	Cards    BlockForm = "cards"    // what: a card each, with a figure
	Steps    BlockForm = "steps"    // how: numbered steps
	Example  BlockForm = "example"  // a sum in a sentence
	Embedded BlockForm = "embedded" // a chart, a case or an answer that exists
)

// BlockForms lists the forms in the order of the pages.
func BlockForms() []BlockForm { return []BlockForm{Chips, Cards, Steps, Example, Embedded} }

// Label returns the Chinese name of the form.
func (f BlockForm) Label() string {
	switch f {
	case Chips:
		return "对象小标签"
	case Cards:
		return "支持卡片"
	case Steps:
		return "办理步骤"
	case Example:
		return "算一笔账"
	case Embedded:
		return "引用图表或案例"
	default:
		return string(f)
	}
}

// The bounds of one page.
const (
	MaxHero   = 2
	MaxBlocks = 6
)

// maxLines is how many entries a block may have.
func (f BlockForm) maxLines() int {
	switch f {
	case Example:
		return 1
	case Steps:
		return 5
	default:
		return 6
	}
}

func (p *OnePage) cites() []string {
	var paths []string
	for _, b := range p.Blocks {
		paths = append(paths, b.cites()...)
	}
	return paths
}

func (b *Block) cites() []string { return resting(b.Clause, b.clauses()) }

// clauses are those of the entries.
func (b *Block) clauses() []*string {
	own := make([]*string, len(b.Lines))
	for i := range b.Lines {
		own[i] = &b.Lines[i].Clause
	}
	return own
}

func (p *OnePage) words() string {
	var all strings.Builder
	all.WriteString(p.Lead)
	for _, b := range p.Blocks {
		for _, l := range b.Lines {
			all.WriteString(l.Text)
		}
	}
	return all.String()
}

func (p *OnePage) check(policy *domain.Policy) error {
	if utf8.RuneCountInString(p.Lead) > 60 {
		return domain.Errorf(domain.Invalid, "导语超过60字，请缩短").In("导语")
	}
	if len(p.Hero) > MaxHero {
		return domain.Errorf(domain.Invalid, "突出的数字最多%d个", MaxHero).In("突出的数字")
	}
	for i, l := range p.Hero {
		if l.Name == "" || l.Big == "" || utf8.RuneCountInString(l.Name) > 10 || utf8.RuneCountInString(l.Big) > 10 {
			return domain.Errorf(domain.Invalid, "第%d个突出的数字要写名称和数字，各不超过10字", i+1).In("突出的数字")
		}
	}
	if len(p.Blocks) == 0 || len(p.Blocks) > MaxBlocks {
		return domain.Errorf(domain.Invalid, "一图读懂要有1到%d个板块，现有%d个", MaxBlocks, len(p.Blocks)).In("板块")
	}
	for i := range p.Blocks {
		if err := p.Blocks[i].check(policy); err != nil {
			return domain.Errorf(domain.Invalid, "第%d个板块：%s", i+1, err.Error()).In("板块")
		}
	}
	return nil
}

func (b *Block) check(policy *domain.Policy) error {
	if b.Form.Label() == string(b.Form) {
		return domain.Errorf(domain.Invalid, "请选择样式")
	}
	if err := text("小标题", b.Title, 20); err != nil {
		return err
	}
	if b.Form == Embedded {
		if b.Item <= 0 {
			return domain.Errorf(domain.Invalid, "请选一条已有的图表、案例或问答")
		}
		return nil
	}
	if most := b.Form.maxLines(); len(b.Lines) == 0 || len(b.Lines) > most {
		return domain.Errorf(domain.Invalid, "“%s”要有1到%d行，现有%d行", b.Form.Label(), most, len(b.Lines))
	}
	for i, l := range b.Lines {
		switch {
		case strings.TrimSpace(l.Name) == "" && b.Form != Example:
			return domain.Errorf(domain.Invalid, "第%d行没有名称", i+1)
		case utf8.RuneCountInString(l.Name) > 24 || utf8.RuneCountInString(l.Text) > 80 || utf8.RuneCountInString(l.Big) > 14:
			return domain.Errorf(domain.Invalid, "第%d行太长：名称最多24字，说明最多80字，突出的数字最多14字", i+1)
		}
	}
	return allCited(policy, b.Clause, b.cites())
}

// onePage drafts a picture of what is known: the largest sum and the last day,
// who, what, and how.
func (d *drafter) onePage() {
	page := &OnePage{}
	top := 0.0
	who := Block{Form: Chips, Title: "谁能享受"}
	what := Block{Form: Cards, Title: "给什么支持"}
	for i, m := range d.policy.Measures {
		b, t := m.Benefit, d.told[i]
		top = max(top, b.Cap)
		if b.Unit == "" {
			top = max(top, b.Amount)
		}
		if name := cut(t.Who, 24); name != "" && len(who.Lines) < Chips.maxLines() && !hasLine(who.Lines, name) {
			who.Lines = append(who.Lines, Entry{Name: name, Clause: m.Clause})
		}
		if name := cut(d.name(i), 24); t.Gain != "" && len(what.Lines) < Cards.maxLines() && !hasLine(what.Lines, name) {
			line := Entry{Name: name, Text: cut(t.Gain, 60), Big: standingOut(b), Clause: m.Clause}
			if line.Text == line.Big {
				line.Text = "" // once is enough
			}
			what.Lines = append(what.Lines, line)
		}
	}
	who.Clause, what.Clause = d.rest(who.clauses()...), d.rest(what.clauses()...)
	if top > 0 && utf8.RuneCountInString(Yuan(top)) <= 10 {
		page.Hero = append(page.Hero, Entry{Name: "单项最高", Big: Yuan(top)})
	}
	page.Hero = append(page.Hero, d.lastDay()...)
	for _, b := range []Block{who, what, d.howBlock()} {
		if len(b.Lines) > 0 {
			page.Blocks = append(page.Blocks, b)
		}
	}
	d.add(Item{Kind: OnePageKind, Title: cut(d.policy.Title, 60), OnePage: page})
}

// standingOut is the figure of a benefit in a few letters, or "". A rate that is
// not given says nothing by itself.
func standingOut(b domain.Benefit) string {
	big := ""
	switch {
	case b.Cap > 0:
		big = "最高" + Yuan(b.Cap)
	case b.Amount > 0:
		big = b.Per() + Yuan(b.Amount)
	case b.Rate > 0 && b.FromRate == 0 && b.Gives() && Gained(b) == "可少缴":
		big = "减" + percent(b.Rate)
	case b.Rate > 0 && b.FromRate == 0 && b.Gives():
		big = percent(b.Rate)
	}
	if utf8.RuneCountInString(big) > 14 {
		return ""
	}
	return big
}

// lastDay is the last day to apply. Where the measures have several it is the
// first of them: whoever keeps to that misses none.
func (d *drafter) lastDay() []Entry {
	var days []string
	for _, m := range d.policy.Measures {
		if day := m.Window.Deadline; len(day) == len("2026-11-26") && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return nil
	}
	var year, month, day int
	if _, err := fmt.Sscanf(slices.Min(days), "%d-%d-%d", &year, &month, &day); err != nil {
		return nil
	}
	name := "申请截止"
	if len(days) > 1 {
		name = "最早截止"
	}
	return []Entry{{Name: fmt.Sprintf("%d年%s", year, name), Big: fmt.Sprintf("%d月%d日", month, day)}}
}

// howBlock says how the measures are had. Where there is one way for all, the steps
// of the flow that was drafted say it; else those that are had alike stand
// together: who need not apply must not think they have to.
func (d *drafter) howBlock() Block {
	b := Block{Title: "怎么办"}
	lines := merged(d.had(), len(d.policy.Measures))
	for _, it := range d.drafts {
		if len(lines) > 1 || it.Chart == nil || it.Chart.Form != Flow {
			continue
		}
		b.Form, b.Clause = Steps, it.Chart.Clause
		for _, p := range it.Chart.Points {
			b.Lines = append(b.Lines, Entry{Name: cut(p.Label, 24), Text: cut(p.Note, 60)})
		}
	}
	if len(b.Lines) > 0 {
		return b
	}
	b.Form = Cards
	for _, l := range lines[:min(len(lines), Cards.maxLines())] {
		line := Entry{Name: cut(l.name, 24), Text: cut(l.text, 80), Clause: d.ground(l.clauses)}
		if l.name == "" {
			line.Name, line.Text = cut(l.text, 24), ""
		}
		b.Lines = append(b.Lines, line)
	}
	b.Clause = d.rest(b.clauses()...)
	return b
}

func hasLine(lines []Entry, name string) bool {
	for _, l := range lines {
		if l.Name == name {
			return true
		}
	}
	return false
}
