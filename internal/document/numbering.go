package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// docxNumbering counts the paragraphs of the numbered lists of a Word
// document, whose numbers are not in their text.
type docxNumbering struct {
	lists  map[string]string        // numId → abstractNumId
	levels map[string][9]docxLevel  // by abstractNumId
	counts map[string]*[9]docxCount // likewise: lists of one kind go on counting
	starts map[string]map[int]int   // numId → the levels that a list begins anew, and with what
}

type docxLevel struct {
	start  int
	format string // decimal, chineseCounting, …
	text   string // "%1、", "(%2)"
}

type docxCount struct {
	n       int
	running bool
}

func (d *docxNumbering) read(x *xml.Decoder) error {
	d.lists, d.levels, d.counts = map[string]string{}, map[string][9]docxLevel{}, map[string]*[9]docxCount{}
	d.starts = map[string]map[int]int{}
	abstract, list, lvl := "", "", 0
	for t, err := range tokens(x) {
		if err != nil {
			return err
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		v := value(e, "val")
		levels := d.levels[abstract]
		switch e.Name.Local {
		case "abstractNum":
			abstract = value(e, "abstractNumId")
			continue
		case "num":
			list = value(e, "numId")
		case "abstractNumId":
			d.lists[list] = v
		case "lvlOverride": // of one list
			lvl = min(digits(value(e, "ilvl")), 8)
			start, err := overrides(x)
			if err != nil {
				return err
			}
			if start >= 0 {
				if d.starts[list] == nil {
					d.starts[list] = map[int]int{}
				}
				d.starts[list][lvl] = start
			}
		case "lvl":
			lvl = min(digits(value(e, "ilvl")), 8)
			levels[lvl].start = 1
			d.levels[abstract] = levels
		case "start":
			levels[lvl].start = digits(v)
			d.levels[abstract] = levels
		case "numFmt":
			levels[lvl].format = v
			d.levels[abstract] = levels
		case "lvlText":
			levels[lvl].text = v
			d.levels[abstract] = levels
		}
	}
	return nil
}

// overrides reads with what a level of a list begins anew, -1 if it does not. What else
// is particular to a list is rare.
func overrides(x *xml.Decoder) (start int, err error) {
	start = -1
	for depth := 1; depth > 0; {
		t, err := x.Token()
		if err != nil {
			return 0, err
		}
		switch e := t.(type) {
		case xml.StartElement:
			if depth++; e.Name.Local == "startOverride" {
				start = digits(value(e, "val"))
			}
		case xml.EndElement:
			depth--
		}
	}
	return start, nil
}

// next returns the number of the next paragraph of a list, as it is shown, or
// nothing if it has none or one of a kind that is not known.
func (d *docxNumbering) next(list string, lvl int) string {
	abstract, ok := d.lists[list]
	if !ok || list == "0" {
		return ""
	}
	lvl = min(lvl, 8)
	levels := d.levels[abstract]
	counts := d.counts[abstract]
	if counts == nil {
		counts = &[9]docxCount{}
		d.counts[abstract] = counts
	}
	start, begins := d.starts[list][lvl]
	delete(d.starts[list], lvl) // it begins once
	for i := range counts {
		switch {
		case i > lvl:
			counts[i] = docxCount{}
		case !counts[i].running || i == lvl && begins:
			counts[i] = docxCount{n: levels[i].start, running: true}
			if begins && i == lvl {
				counts[i].n = start
			}
		case i == lvl:
			counts[i].n++
		}
	}
	text := levels[lvl].text
	for i := range lvl + 1 {
		mark := "%" + strconv.Itoa(i+1)
		if !strings.Contains(text, mark) {
			continue
		}
		shown := numberIn(levels[i].format, counts[i].n)
		if shown == "" {
			return ""
		}
		text = strings.ReplaceAll(text, mark, shown)
	}
	if numberOf(normalise(text+"文")).rank == noRank { // a bullet
		return ""
	}
	return text
}

func numberIn(format string, n int) string {
	switch format {
	case "decimal", "decimalFullWidth", "decimalHalfWidth":
		return strconv.Itoa(n)
	case "decimalZero":
		return strconv.Itoa(n)
	case "chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand":
		return hanOf(n)
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	case "lowerLetter":
		if n >= 1 && n <= 26 {
			return string(rune('a' + n - 1))
		}
	case "upperLetter":
		if n >= 1 && n <= 26 {
			return string(rune('A' + n - 1))
		}
	}
	return ""
}

// hanOf writes 26 as 二十六, up to 99.
func hanOf(n int) string {
	const names = "零一二三四五六七八九"
	name := func(k int) string { return names[3*k : 3*k+3] }
	switch {
	case n < 0 || n > 99:
		return strconv.Itoa(n)
	case n < 10:
		return name(n)
	}
	s := "十"
	if n >= 20 {
		s = name(n/10) + s
	}
	if n%10 > 0 {
		s += name(n % 10)
	}
	return s
}
