package rules

import (
	"policypush/internal/domain"
)

// Rules is everything that was loaded. It never changes.
type Rules struct {
	Themes              Table[Theme]
	Taxes               Table[Tax]
	TaxGroups           Table[TaxGroup]
	Benefits            Table[BenefitKind]
	Groups              Table[ResidentGroup]
	Traits              Table[Trait]
	Attributes          Table[Attribute]
	Industries          Table[Industry] // by C and by 34; see Industry for C34
	Divisions           Table[Division] // provinces, cities, counties and towns
	Retired             Table[RetiredDivision]
	Sizes               Table[SizeRule]
	LifeEvents          Table[LifeEvent]
	Agencies            Table[Agency]
	ContactRoles        Table[ContactRole]
	PilotAreas          Table[PilotArea]
	DisclosureFields    Table[DisclosureField]
	InterpretationKinds Table[InterpretationKind]
	Elements            Table[Element]
	Channels            Table[Channel]
	Duties              Table[Duty]
	DocumentKinds       Table[DocumentKind]
	NumberWords         Table[NumberWord]
	ValidityTerms       Table[ValidityTerm]
	Patterns            Table[Pattern]
	Jargon              Table[Jargon]
	Colloquial          Table[Colloquial]
	SMSWords            Table[SMSWord]
	TaggingCases        Table[TaggingCase]
	Learned             Table[Learned]    // of an office's own folder
	Corrections         Table[Correction] // likewise
	Files               Table[File]

	Scoring        Scoring
	Verdict        Verdict
	Facets         FacetVerdicts
	Numbers        NumberPatterns
	Validity       ValidityPatterns
	SmallLowProfit Ceiling // 小型微利企业
	VATSmallScale  Ceiling // 增值税小规模纳税人
	TechSME        Ceiling // 科技型中小企业
	AboveScale     []AboveScale
	Limits         Limits
	Calendar       Calendar

	children map[string][]*Division
	byName   map[string][]*Division
	byFull   map[string]*Industry
	bySize   map[string]*SizeRule // by name and by alias
	jargon   map[string]*Jargon   // by name and by alias
	terms    map[rune][]string    // names of jargon by their first character, see TermsIn
	places   *places
}

// Table is the entries of one kind in the order of their files, with a
// look-up by code.
type Table[T any] struct {
	all    []*T
	byCode map[string]*T
}

// All returns the entries in the order of the file. They must not be changed.
func (t Table[T]) All() []*T { return t.all }

// Find returns the entry with a code, or nil.
func (t Table[T]) Find(code string) *T { return t.byCode[code] }

// Name returns the Chinese name of a tag's code: the full name of a region
// (浙江省绍兴市柯桥区), the keyword itself. It returns the code if there is no
// such entry.
func (r *Rules) Name(d domain.Dimension, code string) string {
	name := ""
	switch d {
	case domain.ThemeTag:
		name = nameOf(r.Themes.Find(code))
	case domain.TaxTag:
		name = nameOf(r.Taxes.Find(code))
	case domain.BenefitTag:
		name = nameOf(r.Benefits.Find(code))
	case domain.GroupTag:
		name = nameOf(r.Groups.Find(code))
	case domain.EnterpriseKindTag:
		name = nameOf(r.Attributes.Find(code))
	case domain.IndustryTag:
		name = nameOf(r.Industry(code))
	case domain.RegionTag:
		name = r.FullName(code)
	}
	if name == "" {
		return code
	}
	return name
}

// entry is what has the fields of Item.
type entry[T any] interface {
	*T
	item() *Item
}

func (i *Item) item() *Item { return i }

func nameOf[T any, P entry[T]](p P) string {
	if p == nil {
		return ""
	}
	return p.item().Name
}

// MustInterpret tells whether a document of a kind (D07) has to be published
// with an interpretation.
func (r *Rules) MustInterpret(kind string) bool {
	k := r.DocumentKinds.Find(kind)
	return k != nil && k.MustInterpret
}

// Explain returns the plain words for a term of official language, by its
// name or another name for it, or nil.
func (r *Rules) Explain(term string) *Jargon { return r.jargon[term] }

// Industry returns the entry for a code of a profile or a tag: the section of
// C, the division of C34, C3411 or 34. It returns nil for an unknown code.
func (r *Rules) Industry(code string) *Industry {
	if len(code) > 3 {
		code = code[:3]
	}
	if in := r.byFull[code]; in != nil {
		return in
	}
	return r.Industries.Find(code)
}
