package rules

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"policypush/internal/domain"
)

// place is where an entry stands.
type place struct {
	file string
	line int
}

func (p place) errorf(format string, args ...any) *domain.Error {
	return domain.Errorf(domain.Invalid, format, args...).At(p.file, p.line)
}

// placed is a struct that remembers where it stands.
type placed interface{ setPlace(place) }

func (i *Item) setPlace(p place)            { i.at = p }
func (g *TaxGroup) setPlace(p place)        { g.at = p }
func (d *RetiredDivision) setPlace(p place) { d.at = p }
func (t *Trait) setPlace(p place)           { t.at = p }
func (e *Element) setPlace(p place)         { e.at = p }
func (e *Example) setPlace(p place)         { e.at = p }

// reference is a code in one entry that must be an entry of another kind.
type reference struct {
	at    place
	field string
	kinds []string // any of them
	code  string
}

// fieldInfo is a field of a struct and what its tags ask for.
type fieldInfo struct {
	index    []int
	key      string
	required bool
	scalar   bool     // a single value may stand for a list of one
	enum     []string // the words that it may hold
	refs     []string // the kinds of entries that it names
	keyRefs  []string // the kinds of entries that the keys of a map name
	check    string   // date, month, clock; signed for numbers that may be below 0
}

// decoder fills structs from YAML nodes. Unlike yaml's own it knows which line
// every mistake is on, names them all, and understands the tags enum, ref,
// keyref and check. Anchors and aliases are refused: our files need none, and
// they can make a small file large.
type decoder struct {
	file    string
	report  func(*domain.Error)
	refer   func(reference)
	structs map[reflect.Type][]fieldInfo
}

var (
	regexpType = reflect.TypeFor[*regexp.Regexp]()
	kindWords  = map[yaml.Kind]string{yaml.MappingNode: "键值表", yaml.SequenceNode: "列表", yaml.ScalarNode: "单个值"}
)

func (d *decoder) place(n *yaml.Node) place { return place{d.file, n.Line} }

func (d *decoder) fail(n *yaml.Node, key, format string, args ...any) {
	d.report(d.place(n).errorf(format, args...).In(key))
}

func (d *decoder) failTwice(n *yaml.Node, key string) {
	d.fail(n, key, "键“%s”写了两次，请删去一个", shorten(n.Value))
}

// decode fills v from n. key names n in messages.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, key string, f *fieldInfo) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.fail(n, key, "不支持锚点和别名（& 与 *），请直接写出内容")
		return
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		if f.required {
			d.fail(n, key, "不能为空")
		}
		return
	}
	switch {
	case v.Type() == regexpType:
		d.regexp(n, v, key)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), key, f)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, key)
	case v.Kind() == reflect.Slice:
		d.list(n, v, key, f)
	case v.Kind() == reflect.Map:
		d.table(n, v, key, f)
	default:
		d.scalar(n, v, key, f)
	}
}

// is tells whether n has a kind, and reports it otherwise.
func (d *decoder) is(n *yaml.Node, k yaml.Kind, key string) bool {
	if n.Kind == k {
		return true
	}
	d.fail(n, key, "应当是%s，写成了%s", kindWords[k], kindWords[n.Kind])
	return false
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, key string) {
	if !d.is(n, yaml.MappingNode, key) {
		return
	}
	fields := d.fields(v.Type())
	seen := make([]bool, len(fields))
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, value := n.Content[i], n.Content[i+1]
		at := slices.IndexFunc(fields, func(f fieldInfo) bool { return f.key == k.Value })
		switch {
		case at < 0:
			d.fail(k, key, "没有名为“%s”的键，请检查拼写；可用的键：%s", shorten(k.Value), keysOf(fields))
		case seen[at]:
			d.failTwice(k, key)
		default:
			seen[at] = true
			d.decode(value, v.FieldByIndex(fields[at].index), k.Value, &fields[at])
		}
	}
	for i, f := range fields {
		if f.required && !seen[i] {
			d.fail(n, key, "缺少“%s”", f.key)
		}
	}
	if p, ok := v.Addr().Interface().(placed); ok {
		p.setPlace(d.place(n))
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, key string, f *fieldInfo) {
	if f.scalar && n.Kind == yaml.ScalarNode {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		d.decode(n, v.Index(0), key, f)
		return
	}
	if !d.is(n, yaml.SequenceNode, key) {
		return
	}
	if f.required && len(n.Content) == 0 {
		d.fail(n, key, "至少要有一项")
	}
	element := fieldInfo{required: true, enum: f.enum, refs: f.refs, check: f.check}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		d.decode(c, v.Index(i), key, &element)
	}
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, key string, f *fieldInfo) {
	if !d.is(n, yaml.MappingNode, key) {
		return
	}
	element := fieldInfo{required: true, enum: f.enum, refs: f.refs, check: f.check}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if !d.is(k, yaml.ScalarNode, key) {
			continue
		}
		mapKey := reflect.ValueOf(k.Value)
		if v.MapIndex(mapKey).IsValid() {
			d.failTwice(k, key)
			continue
		}
		if f.keyRefs != nil {
			d.refer(reference{d.place(k), key, f.keyRefs, k.Value})
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.decode(n.Content[i+1], value, k.Value, &element)
		v.SetMapIndex(mapKey, value)
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, key string, f *fieldInfo) {
	if !d.is(n, yaml.ScalarNode, key) {
		return
	}
	tag := n.ShortTag()
	switch v.Kind() {
	case reflect.String:
		if tag != "!!str" {
			d.fail(n, key, "应当是文字，请给“%s”加引号", shorten(n.Value))
			return
		}
		d.word(n, key, f)
		v.SetString(n.Value)
	case reflect.Bool:
		var b bool
		if tag != "!!bool" || n.Decode(&b) != nil {
			d.fail(n, key, "应当是 true 或 false，写成了“%s”", shorten(n.Value))
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		var i int64
		if tag != "!!int" || n.Decode(&i) != nil || i < 0 || i > math.MaxInt64/10_000 {
			d.fail(n, key, "应当是不小于0的整数，写成了“%s”", shorten(n.Value))
			return
		}
		v.SetInt(i)
	case reflect.Float64:
		var x float64
		if tag != "!!int" && tag != "!!float" || n.Decode(&x) != nil || math.IsNaN(x) || math.IsInf(x, 0) || x < 0 && f.check != "signed" {
			d.fail(n, key, "应当是不小于0的数，写成了“%s”", shorten(n.Value))
			return
		}
		v.SetFloat(x)
	default:
		panic("rules: no way to read a " + v.Type().String())
	}
}

// word checks a text against what the tags of its field ask for.
func (d *decoder) word(n *yaml.Node, key string, f *fieldInfo) {
	s := n.Value
	switch {
	case f.required && strings.TrimSpace(s) == "":
		d.fail(n, key, "不能为空")
	case s == "":
	case f.enum != nil && !slices.Contains(f.enum, s):
		d.fail(n, key, "不能是“%s”，可选：%s", shorten(s), strings.Join(f.enum, "、"))
	case f.refs != nil:
		d.refer(reference{d.place(n), key, f.refs, s})
	case f.check == "date" && !isDate("2006-01-02", s):
		d.fail(n, key, "“%s”不是日期，请写成 2026-01-31", shorten(s))
	case f.check == "month" && !isDate("2006-01", s) && !isDate("2006-01-02", s):
		d.fail(n, key, "“%s”不是年月，请写成 2026-01", shorten(s))
	case f.check == "clock" && !isDate("15:04", s):
		d.fail(n, key, "“%s”不是时刻，请写成 08:00", shorten(s))
	}
}

func isDate(layout, s string) bool {
	_, err := time.Parse(layout, s)
	return err == nil
}

func (d *decoder) regexp(n *yaml.Node, v reflect.Value, key string) {
	if !d.is(n, yaml.ScalarNode, key) {
		return
	}
	re, err := regexp.Compile(n.Value)
	if err != nil {
		d.fail(n, key, "正则表达式有误（Go RE2 语法）：%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return
	}
	v.Set(reflect.ValueOf(re))
}

// fields lists the fields of a struct, those of embedded structs included.
func (d *decoder) fields(t reflect.Type) []fieldInfo {
	if known, ok := d.structs[t]; ok {
		return known
	}
	var list []fieldInfo
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		list = append(list, fieldInfo{
			index:    f.Index,
			key:      name,
			required: strings.Contains(options, "required"),
			scalar:   strings.Contains(options, "scalar"),
			enum:     strings.Fields(f.Tag.Get("enum")),
			refs:     strings.Fields(f.Tag.Get("ref")),
			keyRefs:  strings.Fields(f.Tag.Get("keyref")),
			check:    f.Tag.Get("check"),
		})
		last := &list[len(list)-1]
		for _, words := range []*[]string{&last.enum, &last.refs, &last.keyRefs} {
			if len(*words) == 0 {
				*words = nil
			}
		}
	}
	d.structs[t] = list
	return list
}

func keysOf(fields []fieldInfo) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, "、")
}

// shorten keeps what a hostile file holds from filling the screen.
func shorten(s string) string {
	const limit = 40
	r := []rune(s)
	if len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	q := strconv.Quote(s)
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' }) {
		return q[1 : len(q)-1]
	}
	return s
}
