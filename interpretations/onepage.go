package interpretations

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

// OnePage (一图读懂) is a policy on one page, composed of blocks. It is drawn as
// HTML, which is read on a phone, printed on one sheet and captured as a
// picture.
type OnePage struct {
	Lead   string  `json:"lead,omitempty"` // a line under the title
	Hero   []Entry `json:"hero"`           // the figures that stand out, at most MaxHero, each with its clause
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
	for _, e := range p.Hero {
		if e.Clause != "" { // before figures named their clause, they had none
			paths = append(paths, e.Clause)
		}
	}
	return paths
}

// Groundless tells whether the item is a picture with a figure that names no clause:
// one that was saved before it had to.
func (it *Item) Groundless() bool {
	return it.OnePage != nil && slices.ContainsFunc(it.OnePage.Hero, func(e Entry) bool { return e.Clause == "" })
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

// Shows tells whether a block shows the interpretation with this id.
func (p *OnePage) Shows(id int64) bool {
	return slices.ContainsFunc(p.Blocks, func(b Block) bool { return b.Form == Embedded && b.Item == id })
}

// Hidden names, one for each, the blocks that readers do not see, since what they
// show is not there, or waits to be approved or checked.
func (p *OnePage) Hidden(policy *domain.Policy, items []Item) []string {
	shown, said := Shown(items), []string(nil)
	at := func(items []Item, id int64) *Item {
		for i := range items {
			if items[i].ID == id {
				return &items[i]
			}
		}
		return nil
	}
	for _, b := range p.Blocks {
		if b.Form != Embedded {
			continue
		}
		why := ""
		switch it := at(shown, b.Item); {
		case at(items, b.Item) == nil:
			why = "已删除"
		case it == nil:
			why = "还没有审核"
		case it.Outdated(policy):
			why = "依据改过，还没有核对"
		default:
			continue
		}
		said = append(said, "“"+b.Title+"”引用的解读"+why)
	}
	return said
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

func (p *OnePage) check(f *findings) {
	if utf8.RuneCountInString(p.Lead) > 60 {
		f.add("lead", domain.Errorf(domain.Invalid, "导语超过60字，请缩短").In("导语"))
	}
	if len(p.Hero) > MaxHero {
		f.add("hero", domain.Errorf(domain.Invalid, "突出的数字最多%d个", MaxHero).In("突出的数字"))
	}
	for i, l := range p.Hero {
		for _, part := range []struct{ field, text string }{{"name", l.Name}, {"big", l.Big}} {
			if part.text == "" || utf8.RuneCountInString(part.text) > 10 {
				f.add(place("hero", i, part.field), domain.Errorf(domain.Invalid, "第%d个突出的数字要写名称和数字，各不超过10字", i+1).In("突出的数字"))
			}
		}
		if l.Clause == "" {
			f.add(place("hero", i, "clause"), domain.Errorf(domain.Invalid, "第%d个突出的数字要选一条原文作为依据", i+1).In("突出的数字"))
		} else {
			f.cited(place("hero", i, "clause"), l.Clause)
		}
	}
	if len(p.Blocks) == 0 || len(p.Blocks) > MaxBlocks {
		f.add("blocks", domain.Errorf(domain.Invalid, "一图读懂要有1到%d个板块，现有%d个", MaxBlocks, len(p.Blocks)).In("板块"))
	}
	for i := range p.Blocks {
		of := &findings{policy: f.policy}
		p.Blocks[i].check(of)
		for _, m := range of.found {
			f.add(place("blocks", i, m.At), domain.Errorf(domain.Invalid, "第%d个板块：%s", i+1, m.Err.Text).In("板块"))
		}
	}
}

func (b *Block) check(f *findings) {
	known := b.Form.Label() != string(b.Form)
	if !known {
		f.add("form", domain.Errorf(domain.Invalid, "请选择样式"))
	}
	f.text("title", "小标题", b.Title, 20)
	if b.Form == Embedded {
		if b.Item <= 0 {
			f.add("item", domain.Errorf(domain.Invalid, "请选一条已有的图表、案例或问答"))
		}
		return
	}
	if most := b.Form.maxLines(); known && (len(b.Lines) == 0 || len(b.Lines) > most) {
		f.add("lines", domain.Errorf(domain.Invalid, "“%s”要有1到%d行，现有%d行", b.Form.Label(), most, len(b.Lines)))
	}
	for i, l := range b.Lines {
		switch {
		case strings.TrimSpace(l.Name) == "" && b.Form != Example:
			f.add("lines", domain.Errorf(domain.Invalid, "第%d行没有名称", i+1))
		case utf8.RuneCountInString(l.Name) > 24 || utf8.RuneCountInString(l.Text) > 80 || utf8.RuneCountInString(l.Big) > 14:
			f.add("lines", domain.Errorf(domain.Invalid, "第%d行太长：名称最多24字，说明最多80字，突出的数字最多14字", i+1))
		}
	}
	f.cited("clause", b.Clause)
	for _, l := range b.Lines {
		if l.Clause != "" {
			f.cited("lines", l.Clause)
		}
	}
}

// onePage drafts a picture of what is known: the largest sum and the last day,
// who, what, and how.
func (d *drafter) onePage() {
	page := &OnePage{}
	who := Block{Form: Chips, Title: "谁能享受"}
	what := Block{Form: Cards, Title: "给什么支持"}
	for i, m := range d.policy.Measures {
		b, t := m.Benefit, d.told[i]
		if name := cut(t.Who, 24); name != "" && !hasLine(who.Lines, name) {
			who.Lines = append(who.Lines, Entry{Name: name, Clause: m.Clause})
		}
		if name := cut(d.name(i), 24); t.Gain != "" && !hasLine(what.Lines, name) {
			line := Entry{Name: name, Text: cut(t.Gain, 60), Big: standingOut(b), Clause: m.Clause}
			if line.Text == line.Big {
				line.Text = "" // once is enough
			}
			what.Lines = append(what.Lines, line)
		}
	}
	who.shorten("类")
	what.shorten("项")
	who.Clause, what.Clause = d.rest(who.clauses()...), d.rest(what.clauses()...)
	page.Hero = append(d.largest(), d.lastDay()...)
	for _, b := range []Block{who, what, d.howBlock()} {
		if len(b.Lines) > 0 {
			page.Blocks = append(page.Blocks, b)
		}
	}
	d.add(Item{Kind: OnePageKind, Title: cut(d.policy.Title, 60), OnePage: page})
}

// shorten leaves out the lines that have no room, and says how many they are.
func (b *Block) shorten(of string) {
	most := b.Form.maxLines()
	if left := len(b.Lines) - most + 1; left > 1 {
		b.Lines = append(b.Lines[:most-1], Entry{Name: fmt.Sprintf("另有%d%s", left, of), Text: "见政策原文"})
	}
}

// largest is the largest sum of one measure, or else the most for each.
func (d *drafter) largest() []Entry {
	at, inAll := d.policy.Largest()
	if at < 0 {
		return nil
	}
	m := &d.policy.Measures[at]
	hero := Entry{Name: "单项最高", Big: domain.Yuan(m.Benefit.Most()), Clause: m.Clause}
	if !inAll {
		hero.Name, hero.Big = m.Benefit.Per()+"最高", domain.Yuan(m.Benefit.Largest())
	}
	if utf8.RuneCountInString(hero.Name) > 10 || utf8.RuneCountInString(hero.Big) > 10 || hero.Clause == "" {
		return nil
	}
	return []Entry{hero}
}

// standingOut is the figure of a benefit in a few letters, or "". A rate that is
// not given says nothing by itself.
func standingOut(b domain.Benefit) string {
	big := ""
	switch {
	case b.Cap > 0:
		big = "最高" + domain.Yuan(b.Cap)
	case b.Amount > 0:
		big = b.Per() + domain.Yuan(b.Amount)
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

// lastDay is the last day to apply. Where there are several it is the next of
// them: whoever keeps to that misses none that can still be kept.
func (d *drafter) lastDay() []Entry {
	days := d.policy.Deadlines()
	next := domain.NextDeadline(days, d.today)
	on, err := time.Parse(time.DateOnly, next)
	if err != nil {
		return nil // there is none
	}
	name, at := "申请截止", SayingDay(d.policy, next)
	for i := range d.policy.Measures {
		if m := &d.policy.Measures[i]; at == "" && d.policy.DeadlineOf(m) == next {
			at = m.Clause
		}
	}
	switch {
	case at == "":
		return nil
	case len(days) > 1 && next == days[0]:
		name = "最早截止"
	case len(days) > 1:
		name = "接着截止"
	}
	return []Entry{{Name: on.Format("2006年") + name, Big: on.Format("1月2日"), Clause: at}}
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
	for _, l := range lines {
		line := Entry{Name: cut(l.name, 24), Text: cut(l.text, 80), Clause: d.ground(l.clauses)}
		if l.name == "" {
			line.Name, line.Text = cut(l.text, 24), ""
		}
		b.Lines = append(b.Lines, line)
	}
	b.shorten("种办法")
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
