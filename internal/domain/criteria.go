package domain

import (
	"fmt"
	"slices"
)

// Evidence is a passage of the policy's normalised text, [Start, End) in code
// points, with its words.
type Evidence struct {
	Start int     `json:"start"`
	End   int     `json:"end"`
	Text  string  `json:"text"`
	Score float64 `json:"score,omitempty"` // what these words earned a tag
}

// Field names a fact of a Profile that a condition can ask for.
type Field string

// The fields. Code fields take Values; number fields take Number.
const (
	FieldKind         Field = "kind"         // enterprise, resident
	FieldRegion       Field = "region"       // GB/T 2260, six or nine digits; a wider code holds the narrower
	FieldIndustry     Field = "industry"     // GB/T 4754: C, C34, C3411; a wider code holds the narrower
	FieldSize         Field = "size"         // large, medium, small, micro (国统字〔2017〕213号)
	FieldTaxpayer     Field = "taxpayer"     // general, small-scale
	FieldRegistration Field = "registration" // R111 …: class of registration
	FieldOwnership    Field = "ownership"    // OW1 …
	FieldAttribute    Field = "attribute"    // QH1 …: other codes of enterprise-attributes.yaml, a set
	FieldStaff        Field = "staff"        // persons
	FieldRevenue      Field = "revenue"      // yuan a year
	FieldAssets       Field = "assets"       // yuan
	FieldIncome       Field = "income"       // taxable income, yuan a year
	FieldFounded      Field = "founded"      // date as the number YYYYMMDD
	FieldAge          Field = "age"          // full years on the day asked
	FieldGroup        Field = "group"        // G01 …: resident groups, a set
	FieldLifeEvent    Field = "life_event"   // E01 …, L01 …: what is going on, a set
	FieldHukou        Field = "hukou"        // region of household registration
	// FieldOther is a condition that was found but could not be read: it is
	// Unknown for everybody and its words stand in Condition.Unread.
	FieldOther Field = "other"
)

// Type says how the values of a field compare.
type Type int

// The types of fields.
const (
	OneCode    Type = iota + 1 // one value; In asks for membership
	CodeTree                   // one value in a hierarchy; a condition's value holds everything below it
	CodeSet                    // several values; In asks whether one of them is there
	NumberOf                   // whole number; AtLeast, MoreThan, AtMost, LessThan
	Unreadable                 // FieldOther
)

// Fields lists every field in a fixed order.
func Fields() []Field {
	return []Field{
		FieldKind, FieldRegion, FieldIndustry, FieldSize, FieldTaxpayer, FieldRegistration, FieldOwnership,
		FieldAttribute, FieldStaff, FieldRevenue, FieldAssets, FieldIncome, FieldFounded, FieldAge, FieldGroup,
		FieldLifeEvent, FieldHukou, FieldOther,
	}
}

// Type returns how the field compares, or 0 if there is no such field.
func (f Field) Type() Type {
	switch f {
	case FieldKind, FieldSize, FieldTaxpayer, FieldRegistration, FieldOwnership:
		return OneCode
	case FieldRegion, FieldIndustry, FieldHukou:
		return CodeTree
	case FieldAttribute, FieldGroup, FieldLifeEvent:
		return CodeSet
	case FieldStaff, FieldRevenue, FieldAssets, FieldIncome, FieldFounded, FieldAge:
		return NumberOf
	case FieldOther:
		return Unreadable
	default:
		return 0
	}
}

var fieldLabels = map[Field]string{
	FieldKind: "主体类型", FieldRegion: "所在地", FieldIndustry: "行业", FieldSize: "企业规模",
	FieldTaxpayer: "纳税人类型", FieldRegistration: "登记类型", FieldOwnership: "所有制", FieldAttribute: "资质与属性",
	FieldStaff: "从业人数", FieldRevenue: "年营业收入", FieldAssets: "资产总额", FieldIncome: "年应纳税所得额",
	FieldFounded: "成立日期", FieldAge: "年龄", FieldGroup: "人群", FieldLifeEvent: "办事情境",
	FieldHukou: "户籍", FieldOther: "其他条件",
}

// Label returns the Chinese name of the field.
func (f Field) Label() string { return fieldLabels[f] }

// Op is the comparison of a condition.
type Op string

// The comparisons. In takes Values and means any of them; the others take Number.
const (
	In       Op = "in"
	AtLeast  Op = "ge"
	MoreThan Op = "gt"
	AtMost   Op = "le"
	LessThan Op = "lt"
)

// Orders tells whether the comparison takes a number.
func (o Op) Orders() bool { return o == AtLeast || o == MoreThan || o == AtMost || o == LessThan }

// Condition is a leaf of a criteria tree: one field compared with one value or
// list, with the words of the text that say so.
type Condition struct {
	Field    Field      `json:"field"`
	Op       Op         `json:"op,omitempty"`
	Values   []string   `json:"values,omitempty"`
	Number   int64      `json:"number,omitempty"`
	Unstated bool       `json:"unstated,omitempty"` // the text says 以上 or 以下 and not whether 本数 is included: Op is what 民法典第一千二百五十九条 says
	Unread   string     `json:"unread,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Criteria is a tree: at most one of its fields is set. The zero value asks
// for nothing and is met by everybody; an empty All is the same, an empty Any
// is met by nobody.
type Criteria struct {
	All  []Criteria `json:"all,omitempty"`
	Any  []Criteria `json:"any,omitzero"` // empty, but not nil, is met by nobody
	Not  *Criteria  `json:"not,omitempty"`
	Leaf *Condition `json:"leaf,omitempty"`
}

// The bounds of a criteria tree, and of all of a policy together. They keep a
// hostile tree from costing time; texts of law need a tenth of them.
const (
	MaxCriteriaDepth  = 64
	MaxCriteriaLeaves = 4096
	MaxLeafValues     = 10000
	MaxPolicyLeaves   = 4 * MaxCriteriaLeaves
	MaxPolicyValues   = 1 << 18
)

// Leaf makes a tree of one condition.
func Leaf(c Condition) Criteria { return Criteria{Leaf: &c} }

// AllOf makes a tree that is met when every part is. Empty parts are left out.
func AllOf(parts ...Criteria) Criteria {
	parts = slices.DeleteFunc(slices.Clone(parts), func(c Criteria) bool { return c.IsZero() })
	switch len(parts) {
	case 0:
		return Criteria{}
	case 1:
		return parts[0]
	}
	return Criteria{All: parts}
}

// AnyOf makes a tree that is met when one part is.
func AnyOf(parts ...Criteria) Criteria {
	if len(parts) == 1 {
		return parts[0]
	}
	return Criteria{Any: parts}
}

// NotOf makes a tree that is met when c is not.
func NotOf(c Criteria) Criteria { return Criteria{Not: &c} }

// IsZero tells whether the tree asks for nothing.
func (c Criteria) IsZero() bool {
	return len(c.All) == 0 && c.Any == nil && c.Not == nil && c.Leaf == nil
}

// Leaves calls yield for every condition, in the order of the text.
func (c *Criteria) Leaves(yield func(*Condition)) {
	if c.Leaf != nil {
		yield(c.Leaf)
	}
	for i := range c.All {
		c.All[i].Leaves(yield)
	}
	for i := range c.Any {
		c.Any[i].Leaves(yield)
	}
	if c.Not != nil {
		c.Not.Leaves(yield)
	}
}

// Validate refuses a tree that is too deep or too large, that mixes forms, or
// whose leaves compare a field in a way it cannot be. Codes are not looked up:
// rules know them.
func (c *Criteria) Validate() error {
	_, err := ValidateAll([]Criteria{*c})
	return err
}

// ValidateAll refuses trees that Validate refuses, and those that are too large
// together. at says which is the first, -1 if none is.
func ValidateAll(trees []Criteria) (at int, err error) {
	var all extent
	for i := range trees {
		var one extent
		if err := trees[i].validate(0, &one); err != nil {
			return i, err
		}
		all.leaves += one.leaves
		all.values += one.values
		switch {
		case all.leaves > MaxPolicyLeaves:
			return i, Errorf(Invalid, "所有政策点的条件合计超过%d项，请分成几份政策", MaxPolicyLeaves)
		case all.values > MaxPolicyValues:
			return i, Errorf(Invalid, "条件中一共列了%d个取值，最多%d个，请用上级地区或行业代替", all.values, MaxPolicyValues)
		}
	}
	return -1, nil
}

// extent is how large trees are.
type extent struct{ leaves, values int }

func (c *Criteria) validate(depth int, size *extent) error {
	if depth > MaxCriteriaDepth {
		return Errorf(Invalid, "条件嵌套超过%d层，请拆成几个政策点", MaxCriteriaDepth)
	}
	forms := 0
	for _, set := range []bool{c.All != nil, c.Any != nil, c.Not != nil, c.Leaf != nil} {
		if set {
			forms++
		}
	}
	if forms > 1 {
		return Errorf(Invalid, "一个条件节点只能是“全部、任一、不是、单项”中的一种")
	}
	if c.Leaf != nil {
		size.leaves++
		size.values += len(c.Leaf.Values)
		if size.leaves > MaxCriteriaLeaves {
			return Errorf(Invalid, "条件超过%d项，请拆成几个政策点", MaxCriteriaLeaves)
		}
		return c.Leaf.validate()
	}
	if c.Not != nil {
		return c.Not.validate(depth+1, size)
	}
	if c.Any != nil && len(c.Any) == 0 {
		return Errorf(Invalid, "“任一”条件至少要有一项") // and could not be told from "no condition" once stored
	}
	for _, parts := range [][]Criteria{c.All, c.Any} {
		for i := range parts {
			if err := parts[i].validate(depth+1, size); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Condition) validate() error {
	switch c.Field.Type() {
	case OneCode, CodeTree, CodeSet:
		if c.Op != In {
			return Errorf(Invalid, "“%s”只能用“属于”比较", c.Field.Label())
		}
		if len(c.Values) == 0 || len(c.Values) > MaxLeafValues {
			return Errorf(Invalid, "“%s”要有1到%d个值", c.Field.Label(), MaxLeafValues)
		}
	case NumberOf:
		if !c.Op.Orders() {
			return Errorf(Invalid, "“%s”要与一个数比较大小", c.Field.Label())
		}
	case Unreadable:
		if c.Unread == "" {
			return Errorf(Invalid, "其他条件要写明原文")
		}
	default:
		return Errorf(Invalid, "没有名为“%s”的条件字段", c.Field)
	}
	return nil
}

// Compare answers a number condition for a known number.
func (c *Condition) Compare(n int64) bool {
	switch c.Op {
	case AtLeast:
		return n >= c.Number
	case MoreThan:
		return n > c.Number
	case AtMost:
		return n <= c.Number
	case LessThan:
		return n < c.Number
	default:
		panic(fmt.Sprintf("domain: %s is not a comparison of numbers", c.Op))
	}
}
