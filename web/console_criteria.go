package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/rules"
)

// criterionRow is a node of a criteria tree as a line of the editor.
type criterionRow struct {
	Path  string // 0.2.1: the way from the root, "" written as "-"
	Depth int
	Group string // 同时满足, 满足任一, 不包括; "" for a condition
	Text  string // of a condition
	Words []string
	leaf  *domain.Condition // nil for a group
}

// rootPath names the root in forms, where an empty value would mean nothing.
const rootPath = "-"

// criterionRows flattens a tree, parents before their children.
func (s *Server) criterionRows(c *domain.Criteria) []criterionRow {
	var rows []criterionRow
	var walk func(c *domain.Criteria, path []string)
	walk = func(c *domain.Criteria, path []string) {
		row := criterionRow{Path: strings.Join(path, "."), Depth: min(len(path), 6)}
		if len(path) == 0 {
			row.Path = rootPath
		}
		var children []domain.Criteria
		switch {
		case c.Leaf != nil:
			leaf := domain.Leaf(*c.Leaf)
			row.leaf = c.Leaf
			row.Text = matching.Describe(&leaf, s.Rules.ValueName)
			for _, e := range c.Leaf.Evidence {
				row.Words = append(row.Words, cutRunes(e.Text, 30))
			}
		case c.Not != nil:
			row.Group, children = "不包括", []domain.Criteria{*c.Not}
		case c.Any != nil:
			row.Group, children = "满足任一", c.Any
		default:
			row.Group, children = "同时满足", c.All
		}
		rows = append(rows, row)
		for i := range children {
			walk(&children[i], append(slices.Clone(path), strconv.Itoa(i)))
		}
	}
	if !c.IsZero() {
		walk(c, nil)
	}
	return rows
}

// nodeAt returns the node of a tree that a path names.
func nodeAt(c *domain.Criteria, path string) (*domain.Criteria, error) {
	gone := domain.Errorf(domain.NotFound, "没有这个条件，可能刚被别人修改。请刷新页面。")
	if path == rootPath {
		return c, nil
	}
	for step := range strings.SplitSeq(path, ".") {
		i, err := strconv.Atoi(step)
		switch {
		case err != nil || i < 0:
			return nil, gone
		case c.Not != nil && i == 0:
			c = c.Not
		case i < len(c.Any):
			c = &c.Any[i]
		case i < len(c.All):
			c = &c.All[i]
		default:
			return nil, gone
		}
	}
	return c, nil
}

// pruned returns a tree without empty nodes and groups of one: the last
// condition of an alternative takes the alternative with it.
func pruned(c domain.Criteria) domain.Criteria {
	switch {
	case c.Not != nil:
		inner := pruned(*c.Not)
		if inner.IsZero() {
			return domain.Criteria{}
		}
		return domain.NotOf(inner)
	case c.Any != nil:
		parts := prunedAll(c.Any)
		if len(parts) == 0 {
			return domain.Criteria{}
		}
		return domain.AnyOf(parts...)
	case c.All != nil:
		return domain.AllOf(prunedAll(c.All)...)
	default:
		return c
	}
}

func prunedAll(parts []domain.Criteria) []domain.Criteria {
	var kept []domain.Criteria
	for _, part := range parts {
		if part = pruned(part); !part.IsZero() {
			kept = append(kept, part)
		}
	}
	return kept
}

// joined puts a condition beside a node: both are asked for, or one of them.
func joined(node, leaf domain.Criteria, either bool) domain.Criteria {
	switch {
	case node.IsZero():
		return leaf
	case either && node.Any != nil:
		return domain.Criteria{Any: append(slices.Clone(node.Any), leaf)}
	case either:
		return domain.Criteria{Any: []domain.Criteria{node, leaf}}
	case node.All != nil:
		return domain.Criteria{All: append(slices.Clone(node.All), leaf)}
	default:
		return domain.Criteria{All: []domain.Criteria{node, leaf}}
	}
}

// saveCriteria changes one node of a measure's criteria: remove it, turn it
// around, change how a group is joined, or put a new condition beside it.
func (s *Server) saveCriteria(c *fiber.Ctx) error {
	p, i, before, err := s.measureOf(c)
	if err != nil {
		return err
	}
	m := &p.Measures[i]
	fields := m.Fields()
	node, err := nodeAt(&m.Criteria, field(c, "at"))
	if err != nil {
		return err
	}
	what := ""
	switch field(c, "do") {
	case "remove":
		what = "删除条件“" + cutRunes(matching.Describe(node, s.Rules.ValueName), 60) + "”"
		*node = domain.Criteria{}
	case "not":
		if node.Not != nil {
			*node = *node.Not
		} else {
			*node = domain.NotOf(*node)
		}
		what = "条件改为“" + cutRunes(matching.Describe(node, s.Rules.ValueName), 60) + "”"
	case "swap":
		node.All, node.Any = node.Any, node.All
		what = "改变了条件的组合方式"
	case "add":
		leaf, err := s.conditionOf(c)
		if err != nil {
			text, ok := shownError(err)
			if !ok {
				return err
			}
			c.Request().URI().SetQueryString(url.Values{"at": {field(c, "at")}, "field": {field(c, "field")}}.Encode())
			return s.showMeasure(c, p, i, formOf(m), problems{{"values", text}})
		}
		*node = joined(*node, domain.Leaf(leaf), field(c, "join") == "any")
		added := domain.Leaf(leaf)
		what = "新增条件“" + matching.Describe(&added, s.Rules.ValueName) + "”"
	default:
		return errUnknownAction()
	}
	m.Criteria = pruned(m.Criteria)
	m.Settle()
	if err := p.ValidateCriteria(); err != nil {
		return err
	}
	return s.saveDraft(c, p, "criteria", what, before, "measures/"+string(m.ID)+"#criteria", measureSaid(p, m, fields, m.Start, m.End)...)
}

// conditionOf reads a new condition from a form.
func (s *Server) conditionOf(c *fiber.Ctx) (domain.Condition, error) {
	cond := domain.Condition{Field: domain.Field(field(c, "field"))}
	switch cond.Field.Type() {
	case domain.OneCode, domain.CodeTree, domain.CodeSet:
		cond.Op, cond.Values = domain.In, fields(c, "values")
		if len(cond.Values) == 0 {
			return cond, domain.Errorf(domain.Invalid, "请至少选择一个“%s”", cond.Field.Label())
		}
		for _, code := range cond.Values {
			if !s.Rules.ValidCode(cond.Field, code) {
				return cond, domain.Errorf(domain.Invalid, "“%s”没有代码%s，请从列表中选择", cond.Field.Label(), code)
			}
		}
	case domain.NumberOf:
		cond.Op = domain.Op(field(c, "op"))
		n, ok := numberFor(cond.Field, field(c, "number"))
		if !ok {
			return cond, domain.Errorf(domain.Invalid, "“%s”要填写%s", cond.Field.Label(), numberHint(cond.Field))
		}
		cond.Number = n
	case domain.Unreadable:
		cond.Unread = cutRunes(field(c, "unread"), 300)
	default:
		return cond, domain.Errorf(domain.Invalid, "请选择条件项目")
	}
	leaf := domain.Leaf(cond)
	return cond, leaf.Validate()
}

// numberFor reads a number in the unit that people use for a field.
func numberFor(f domain.Field, typed string) (int64, bool) {
	switch f {
	case domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome:
		yuan, ok := yuanOf(typed)
		return int64(yuan), ok && typed != ""
	case domain.FieldFounded:
		day, ok := dayOf(typed)
		first, last, known := domain.DateRange(day)
		return first, ok && known && first == last
	default:
		n, ok := wholeNumber(strings.TrimRight(typed, "人岁周"))
		if n == nil {
			return 0, false
		}
		return *n, ok
	}
}

func numberHint(f domain.Field) string {
	switch f {
	case domain.FieldRevenue, domain.FieldAssets, domain.FieldIncome:
		return "金额，例如2000万元"
	case domain.FieldFounded:
		return "日期，例如2024-01-01"
	case domain.FieldAge:
		return "周岁，例如60"
	default:
		return "整数，例如300"
	}
}

// addingView is the form for a new condition: beside which of those there are, and its
// field; then its value.
type addingView struct {
	At      string
	Beside  string   // the node in words, "" for all
	Places  []option // where it may stand; empty if there is no choice
	Empty   bool     // there is no condition yet
	Fields  []option
	Field   domain.Field
	Label   string
	Kind    string // codes, number, text; "" before a field is chosen
	Boxes   []option
	Select  []optionGroup
	Ops     []option
	Hint    string
	Typed   string // what was typed and could not be taken
	JoinAny bool
}

// adding prepares the form for a condition beside the node of the address, or beside all.
func (s *Server) adding(c *fiber.Ctx, criteria *domain.Criteria, rows []criterionRow) (*addingView, error) {
	at := c.Query("at", rootPath)
	node, err := nodeAt(criteria, at)
	if err != nil {
		return nil, err
	}
	v := &addingView{At: at, Empty: node.IsZero(), Field: domain.Field(c.Query("field")), JoinAny: node.Any != nil}
	if at != rootPath || node.Leaf != nil {
		v.Beside = cutRunes(matching.Describe(node, s.Rules.ValueName), 40)
	}
	if len(rows) > 1 {
		v.Places = s.placesOf(criteria, rows, at)
	}
	for _, f := range domain.Fields() {
		v.Fields = append(v.Fields, option{Code: string(f), Name: f.Label(), Selected: f == v.Field})
	}
	v.Label = v.Field.Label()
	if join := field(c, "join"); join != "" {
		v.JoinAny = join == "any"
	}
	switch v.Field.Type() {
	case domain.NumberOf:
		v.Kind, v.Hint, v.Typed = "number", numberHint(v.Field), field(c, "number")
		for _, op := range []struct {
			op   domain.Op
			sign string
		}{{domain.AtMost, "≤"}, {domain.LessThan, "<"}, {domain.AtLeast, "≥"}, {domain.MoreThan, ">"}} {
			v.Ops = append(v.Ops, option{Code: string(op.op), Name: opLabel(v.Field, op.op) + "（" + op.sign + "）", Selected: field(c, "op") == string(op.op)})
		}
	case domain.Unreadable:
		v.Kind, v.Typed, v.Hint = "text", field(c, "unread"), "抄录原文。系统读不懂这类条件，会提醒读者自己对照"
	case domain.OneCode, domain.CodeTree, domain.CodeSet:
		v.Kind = "codes"
		return v, s.addCodes(c, v)
	}
	return v, nil
}

// placesOf lists beside what a condition may be added.
func (s *Server) placesOf(criteria *domain.Criteria, rows []criterionRow, at string) []option {
	var places []option
	for _, row := range rows {
		name := "全部条件"
		if row.Path != rootPath {
			node, err := nodeAt(criteria, row.Path)
			if err != nil {
				continue
			}
			name = strings.Repeat("　", row.Depth-1) + cutRunes(matching.Describe(node, s.Rules.ValueName), 40)
		}
		places = append(places, option{Code: row.Path, Name: name, Selected: row.Path == at})
	}
	return places
}

// addCodes lists the values of a field of codes, as boxes if they are few.
func (s *Server) addCodes(c *fiber.Ctx, v *addingView) error {
	switch v.Field {
	case domain.FieldKind:
		v.Boxes = []option{{Code: string(domain.Enterprise), Name: "企业"}, {Code: string(domain.Resident), Name: "居民"}}
	case domain.FieldSize:
		for _, code := range []string{rules.Large, rules.Medium, rules.Small, rules.Micro} {
			v.Boxes = append(v.Boxes, option{Code: code, Name: s.Rules.ValueName(v.Field, code)})
		}
	case domain.FieldGroup:
		v.Boxes = optionsOf(s.Rules.Groups, func(g *rules.ResidentGroup) rules.Item { return g.Item })
	case domain.FieldLifeEvent:
		v.Boxes = optionsOf(s.Rules.LifeEvents, func(e *rules.LifeEvent) rules.Item { return e.Item })
	case domain.FieldRegion, domain.FieldHukou:
		offices, err := s.Store.Offices(c.UserContext())
		if err != nil {
			return err
		}
		v.Select = s.regionOptions(offices, "")
	case domain.FieldIndustry:
		v.Select = s.industryOptions("")
	default: // kinds of enterprises, by where a profile keeps them
		for _, a := range s.Rules.Attributes.All() {
			if f, value := a.Field(); f == v.Field {
				v.Boxes = append(v.Boxes, option{Code: value, Name: a.Name})
			}
		}
	}
	return nil
}
