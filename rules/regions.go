package rules

import (
	"strings"

	"policypush/internal/domain"
)

// Children returns the divisions directly below a code: cities of a province,
// towns of a county.
func (r *Rules) Children(code string) []*Division { return r.children[code] }

// FullName returns the name of a division after those of its province, city
// and county, 浙江省绍兴市柯桥区, also in other provinces (江苏省泰州市), or "" for
// an unknown code.
func (r *Rules) FullName(code string) string {
	d := r.Divisions.Find(code)
	if d == nil {
		if place := r.Place(code); place != nil {
			return place.Full // of another province
		}
		return ""
	}
	return r.FullName(d.Parent) + d.Name
}

// DivisionsByName returns the divisions that a text may mean by a name: the
// full name (浙江省绍兴市柯桥区), the name (柯桥区) or a short name (柯桥). Names of
// towns occur in more than one county.
func (r *Rules) DivisionsByName(name string) []*Division { return r.byName[name] }

// provinces are the first two digits of GB/T 2260: a person may be registered
// in a province whose divisions we do not hold.
const provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82"

// knownHukou accepts our own divisions, and six plausible digits of a province
// that we hold nothing of.
func (r *Rules) knownHukou(code string) bool {
	if r.Divisions.Find(code) != nil {
		return true
	}
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" || r.Divisions.Find(code[:2]+"0000") != nil {
		return false
	}
	for province := range strings.FieldsSeq(provinces) {
		if province == code[:2] {
			return true
		}
	}
	return false
}

// digits are the lengths of the codes of each level.
var digits = map[string]int{Province: 6, City: 6, County: 6, Town: 9}

// above are the levels that may stand over a level: counties without a city
// between them and the province exist.
var above = map[string][]string{Province: nil, City: {Province}, County: {City, Province}, Town: {County, City}}

// checkDivision holds a code to its level and its parent.
func (l *loader) checkDivision(d *Division) {
	if len(d.Code) != digits[d.Level] || strings.Trim(d.Code, "0123456789") != "" {
		l.report(d.at.errorf("“%s”应当是%d位数字", shorten(d.Code), digits[d.Level]).In("code"))
		return
	}
	if _, retired := l.codes["retired division"][d.Code]; retired {
		l.report(d.at.errorf("“%s”已列为撤销的代码，请删去其中一处", d.Code).In("code"))
	}
	parent := l.rules.Divisions.Find(d.Parent)
	if parent == nil {
		if d.Level != Province {
			l.report(d.at.errorf("缺少上级代码").In("parent"))
		}
		return
	}
	fits := false
	for _, level := range above[d.Level] {
		fits = fits || level == parent.Level
	}
	if !fits || !strings.HasPrefix(d.Code, domain.RegionPrefix(parent.Code)) {
		l.report(d.at.errorf("“%s”不会是“%s”的上级，请检查代码", d.Parent, d.Code).In("parent"))
	}
}
