package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"policypush/internal/audience"
	"policypush/internal/domain"
)

// SQLExport writes the people and questions of a benchmark for
// internal/tools/bench-postgres.sh, which asks a database the same: once with
// an index for each column, once with one array of tags a person. The database
// answers the easier half: who meets the criteria for sure.
type sqlExport struct {
	people *population
	tags   map[string]int
}

// Write writes people.tsv, for COPY, and questions.tsv: name, how many meet it,
// microseconds of the index, and the condition in both designs.
func (x *sqlExport) write(dir string, people []plain, asked []question, measured []questionTimes) error {
	x.tags = map[string]int{}
	err := writeLines(filepath.Join(dir, "people.tsv"), func(line func(string)) {
		for i := range people {
			line(x.row(i+1, &people[i]))
		}
	})
	if err != nil {
		return err
	}
	return writeLines(filepath.Join(dir, "questions.tsv"), func(line func(string)) {
		for i, q := range asked {
			query := q.query(x.people)
			line(fmt.Sprintf("%s\t%d\t%.3f\t%s\t%s", q.name, measured[i].Likely, measured[i].Audience.P50,
				x.columns(&q.criteria)+" AND "+x.interest(query), x.byTags(&q.criteria)+" AND "+x.interest(query)))
		}
	})
}

func writeLines(path string, fill func(line func(string))) error {
	f, err := os.Create(path)
	if err != nil {
		return domain.Errorf(domain.Conflict, "写不了 %s：请检查文件夹和权限", path).Because(err)
	}
	w := bufio.NewWriter(f)
	fill(func(s string) { _, _ = w.WriteString(s + "\n") }) // Flush tells
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

const null = `\N`

// row is a line of the table: id, kind, city, county, town, section, division,
// class, size, taxpayer, registration, staff, revenue, assets, founded,
// attributes, themes, words, wants_all, paused, tags.
func (x *sqlExport) row(id int, p *plain) string {
	code := func(s string, n int) string {
		if s == "" || n > len(s) {
			return null
		}
		return s[:n]
	}
	number := func(n int32, unit int64) string {
		if n < 0 {
			return null
		}
		return strconv.FormatInt(int64(n)*unit, 10)
	}
	list := func(values []string) string { return "{" + strings.Join(values, ",") + "}" }
	founded, attributes, themes := null, null, []string{}
	if first, _, ok := domain.DateRange(x.people.dates[p.date]); ok {
		founded = strconv.FormatInt(first, 10)
	}
	if set := membersOf(p.set, x.people.attributes); set != nil {
		attributes = list(set)
	}
	for i, theme := range x.people.themes {
		if p.themes>>i&1 == 1 {
			themes = append(themes, theme)
		}
	}
	var words []string
	for _, word := range x.people.held[p.word : p.word+p.words] {
		words = append(words, strconv.Itoa(int(word)))
	}
	region, industry := x.people.regions[p.region], x.people.industries[p.industry]
	size, taxpayer, registration := x.people.sizes[p.size], x.people.taxpayers[p.taxpayer], x.people.registrations[p.registration]
	return strings.Join([]string{
		strconv.Itoa(id), strconv.Itoa(int(p.kind)),
		code(region, 4), code(region, 6), code(region, 9), code(industry, 1), code(industry, 3), code(industry, 5),
		code(size, len(size)), code(taxpayer, len(taxpayer)), code(registration, len(registration)),
		number(p.staff, 1), number(p.revenue, tenThousand), number(p.assets, tenThousand), founded,
		attributes, list(themes), list(words), strconv.FormatBool(p.wants&wantsAll != 0), strconv.FormatBool(p.wants&isPaused != 0),
		list(x.tagsOf(p)),
	}, "\t")
}

// tagsOf are the numbers of all rows that somebody would stand in.
func (x *sqlExport) tagsOf(p *plain) []string {
	var tags []string
	for _, f := range []domain.Field{
		domain.FieldKind, domain.FieldRegion, domain.FieldIndustry, domain.FieldSize, domain.FieldTaxpayer, domain.FieldRegistration, domain.FieldAttribute,
	} {
		for _, value := range x.people.valuesOf(f, p) {
			tags = append(tags, x.tag(f, value))
		}
	}
	return tags
}

func (x *sqlExport) tag(f domain.Field, value string) string {
	key := string(f) + ":" + value
	if x.tags[key] == 0 {
		x.tags[key] = len(x.tags) + 1
	}
	return strconv.Itoa(x.tags[key])
}

// columns writes a tree over the columns. SQL has three values as well: what
// is unknown is NULL, and not counted.
func (x *sqlExport) columns(c *domain.Criteria) string {
	switch {
	case c.IsZero():
		return "TRUE"
	case c.Not != nil:
		return "NOT " + x.columns(c.Not)
	case c.Any != nil:
		return x.join(c.Any, " OR ", x.columns)
	case c.Leaf == nil:
		return x.join(c.All, " AND ", x.columns)
	}
	leaf := c.Leaf
	switch leaf.Field {
	case domain.FieldOther:
		return "NULL::boolean"
	case domain.FieldKind:
		return "kind = " + map[string]string{"enterprise": "1", "resident": "2"}[leaf.Values[0]]
	case domain.FieldRegion, domain.FieldIndustry:
		names := map[int]string{1: "section", 3: "division", 5: "class"}
		if leaf.Field == domain.FieldRegion {
			names = map[int]string{4: "city", 6: "county", 9: "town"}
		}
		var parts []string
		for n, name := range names {
			var values []string
			for _, value := range leaf.Values {
				if leaf.Field == domain.FieldRegion {
					value = domain.RegionPrefix(value)
				}
				if len(value) == n {
					values = append(values, value)
				}
			}
			if len(values) > 0 {
				parts = append(parts, name+" IN ('"+strings.Join(values, "','")+"')")
			}
		}
		slices.Sort(parts)
		return "(" + strings.Join(parts, " OR ") + ")"
	case domain.FieldAttribute:
		return "attributes && ARRAY['" + strings.Join(leaf.Values, "','") + "']"
	}
	if leaf.Field.Type() == domain.NumberOf {
		op := map[domain.Op]string{domain.AtLeast: ">=", domain.MoreThan: ">", domain.AtMost: "<=", domain.LessThan: "<"}[leaf.Op]
		return fmt.Sprintf("%s %s %d", leaf.Field, op, leaf.Number)
	}
	return fmt.Sprintf("%s IN ('%s')", leaf.Field, strings.Join(leaf.Values, "','"))
}

func (x *sqlExport) join(parts []domain.Criteria, by string, write func(*domain.Criteria) string) string {
	said := make([]string, len(parts))
	for i := range parts {
		said[i] = write(&parts[i])
	}
	return "(" + strings.Join(said, by) + ")"
}

// byTags asks the array for what tags can say, and the columns for the rest.
func (x *sqlExport) byTags(c *domain.Criteria) string {
	var tags, rest []string
	for i := range c.All {
		if said, ok := x.tagQuery(&c.All[i], false); ok {
			tags = append(tags, said)
		} else {
			rest = append(rest, x.columns(&c.All[i]))
		}
	}
	return strings.Join(append([]string{"tags @@ '" + strings.Join(tags, "&") + "'::query_int"}, rest...), " AND ")
}

// tagQuery writes a tree, or its negation, as a question to the array; ok is
// false if numbers are in it.
func (x *sqlExport) tagQuery(c *domain.Criteria, negated bool) (said string, ok bool) {
	if c.Not != nil {
		return x.tagQuery(c.Not, !negated)
	}
	var parts []string
	by := "|"
	switch {
	case c.Leaf == nil:
		if (c.Any == nil) != negated {
			by = "&"
		}
		for _, list := range [][]domain.Criteria{c.All, c.Any} {
			for i := range list {
				part, ok := x.tagQuery(&list[i], negated)
				if !ok {
					return "", false
				}
				parts = append(parts, part)
			}
		}
		return "(" + strings.Join(parts, by) + ")", true
	case c.Leaf.Field.Type() == domain.NumberOf || c.Leaf.Field == domain.FieldOther:
		return "", false
	}
	for _, value := range c.Leaf.Values {
		if c.Leaf.Field == domain.FieldRegion {
			value = domain.RegionPrefix(value)
		}
		parts = append(parts, x.tag(c.Leaf.Field, value))
	}
	said = "(" + strings.Join(parts, "|") + ")"
	if negated { // and the field is known
		said = "(!" + said + "&!" + x.tag(c.Leaf.Field, "") + ")"
	}
	return said, true
}

func (x *sqlExport) interest(q audience.Query) string {
	if q.Everyone {
		return "NOT paused"
	}
	var words []string
	for i, word := range x.people.keywords[:askedWords] {
		if strings.Contains(q.Text, word) {
			words = append(words, strconv.Itoa(i))
		}
	}
	return fmt.Sprintf("NOT paused AND (wants_all OR themes && ARRAY['%s'] OR words && ARRAY[%s])", strings.Join(q.Themes, "','"), strings.Join(words, ","))
}
