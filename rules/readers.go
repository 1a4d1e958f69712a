package rules

import "regexp"

// list is a file that holds nothing but entries of one kind.
type list[T any] struct {
	Meta  meta `yaml:"meta,required"`
	Items []*T `yaml:"items"`
}

// reader takes the tables of one kind of file: fill reads the file into a
// struct.
type reader func(l *loader, fill func(into any))

// read makes the reader of a file that holds a list.
func read[T any, P coded[T]](kind string, table func(*Rules) *Table[T]) reader {
	return func(l *loader, fill func(any)) {
		var f list[T]
		fill(&f)
		items := make([]P, len(f.Items))
		for i, item := range f.Items {
			items[i] = item
		}
		add(l, kind, table(l.rules), items)
	}
}

// readers knows every kind of file by its meta.id.
var readers = map[string]reader{
	"agencies":              read("agency", func(r *Rules) *Table[Agency] { return &r.Agencies }),
	"benefit-kinds":         read("benefit", func(r *Rules) *Table[BenefitKind] { return &r.Benefits }),
	"channels":              readChannels,
	"colloquial":            read("colloquial", func(r *Rules) *Table[Colloquial] { return &r.Colloquial }),
	"corrections":           read("correction", func(r *Rules) *Table[Correction] { return &r.Corrections }),
	"disclosure-fields":     read("disclosure field", func(r *Rules) *Table[DisclosureField] { return &r.DisclosureFields }),
	"divisions":             readDivisions,
	"divisions-towns":       readTowns,
	"document-kinds":        read("dockind", func(r *Rules) *Table[DocumentKind] { return &r.DocumentKinds }),
	"document-numbers":      readDocumentNumbers,
	"enterprise-attributes": read("attribute", func(r *Rules) *Table[Attribute] { return &r.Attributes }),
	"enterprise-size":       readSizes,
	"extraction-patterns":   read("pattern", func(r *Rules) *Table[Pattern] { return &r.Patterns }),
	"facets":                readFacets,
	"index":                 readIndex,
	"industries":            read("industry", func(r *Rules) *Table[Industry] { return &r.Industries }),
	"interpretation-kinds":  readInterpretationKinds,
	"jargon":                read("jargon", func(r *Rules) *Table[Jargon] { return &r.Jargon }),
	"learned":               read("learned", func(r *Rules) *Table[Learned] { return &r.Learned }),
	"contact-roles":         read("contact role", func(r *Rules) *Table[ContactRole] { return &r.ContactRoles }),
	"life-events":           read("life event", func(r *Rules) *Table[LifeEvent] { return &r.LifeEvents }),
	"pilot-areas":           read("pilot area", func(r *Rules) *Table[PilotArea] { return &r.PilotAreas }),
	"resident-groups":       readGroups,
	"rules":                 read("duty", func(r *Rules) *Table[Duty] { return &r.Duties }),
	"sms-words":             read("sms word", func(r *Rules) *Table[SMSWord] { return &r.SMSWords }),
	"tagging-cases":         read("tagging case", func(r *Rules) *Table[TaggingCase] { return &r.TaggingCases }),
	"taxes-fees":            readTaxes,
	"themes-enterprise":     readThemes('Q'),
	"themes-internal":       readThemes('Z'),
	"themes-livelihood":     readThemes('M'),
	"validity-terms":        readValidity,
	"verdict":               readVerdict,
	"workdays":              readWorkdays,
}

// set replaces a table without codes if the file holds one.
func set[T any](into, read *T) {
	if read != nil {
		*into = *read
	}
}

// readThemes holds the codes of a file to their letter: it decides whether a
// theme is pushed at all.
func readThemes(letter byte) reader {
	return func(l *loader, fill func(any)) {
		var f list[Theme]
		fill(&f)
		for _, t := range f.Items {
			if t != nil && t.Code != "" && t.Code[0] != letter {
				l.report(t.at.errorf("“%s”应以 %c 开头：Q 惠企，M 民生，Z 政府自身事务", shorten(t.Code), letter).In("code"))
			}
		}
		add(l, "theme", &l.rules.Themes, f.Items)
	}
}

func readChannels(l *loader, fill func(any)) {
	var f struct {
		list[Channel]
		Policy *limitsFile `yaml:"policy"`
	}
	fill(&f)
	add(l, "channel", &l.rules.Channels, f.Items)
	if f.Policy != nil {
		l.limits(f.Policy)
	}
}

func readDivisions(l *loader, fill func(any)) {
	var f struct {
		list[Division]
		Retired []*RetiredDivision `yaml:"retired"`
	}
	fill(&f)
	add(l, "division", &l.rules.Divisions, f.Items)
	add(l, "retired division", &l.rules.Retired, f.Retired)
}

func readTowns(l *loader, fill func(any)) {
	var f list[town]
	fill(&f)
	divisions := make([]*Division, 0, len(f.Items))
	for _, t := range f.Items {
		if t != nil {
			divisions = append(divisions, &Division{Item: t.Item, Level: Town, Parent: t.Parent, Kind: t.Kind})
		}
	}
	add(l, "division", &l.rules.Divisions, divisions)
}

// town is a line of the file of towns.
type town struct {
	Item   `yaml:",inline"`
	Parent string `yaml:"parent,required" ref:"division"`
	Kind   string `yaml:"kind,required"`
}

func readDocumentNumbers(l *loader, fill func(any)) {
	var f struct {
		Meta struct {
			meta
			Patterns *NumberPatterns `yaml:"patterns"`
		} `yaml:"meta,required"`
		Items []*NumberWord     `yaml:"items"`
		Seq   map[string]string `yaml:"seq"`
	}
	fill(&f)
	add(l, "number word", &l.rules.NumberWords, f.Items)
	if p := f.Meta.Patterns; p != nil {
		into := &l.rules.Numbers
		pick(&into.DocNo, p.DocNo)
		pick(&into.NoticeNo, p.NoticeNo)
		pick(&into.OrderNo, p.OrderNo)
		pick(&into.UnifiedCode, p.UnifiedCode)
		pick(&into.IndexNo, p.IndexNo)
		pick(&into.LawOrder, p.LawOrder)
	}
}

func readValidity(l *loader, fill func(any)) {
	var f struct {
		Meta struct {
			meta
			Patterns *ValidityPatterns `yaml:"patterns"`
		} `yaml:"meta,required"`
		Items []*ValidityTerm `yaml:"items"`
	}
	fill(&f)
	add(l, "validity", &l.rules.ValidityTerms, f.Items)
	if p := f.Meta.Patterns; p != nil {
		into := &l.rules.Validity
		pick(&into.Effective, p.Effective)
		pick(&into.Expiry, p.Expiry)
		pick(&into.Period, p.Period)
		pick(&into.ValidityYears, p.ValidityYears)
		pick(&into.Repeal, p.Repeal)
		pick(&into.Revise, p.Revise)
	}
}

// pick replaces an expression if the file holds another.
func pick(into **regexp.Regexp, re *regexp.Regexp) {
	if re != nil {
		*into = re
	}
}

func readSizes(l *loader, fill func(any)) {
	var f struct {
		list[SizeRule]
		SmallLowProfit *Ceiling `yaml:"small_low_profit"`
		VATSmallScale  *Ceiling `yaml:"vat_small_scale"`
		TechSME        *Ceiling `yaml:"tech_sme"`
		AboveScale     *struct {
			Note string       `yaml:"note"`
			Rows []AboveScale `yaml:"rows,required"`
		} `yaml:"above_scale"`
	}
	fill(&f)
	add(l, "size rule", &l.rules.Sizes, f.Items)
	set(&l.rules.SmallLowProfit, f.SmallLowProfit)
	set(&l.rules.VATSmallScale, f.VATSmallScale)
	set(&l.rules.TechSME, f.TechSME)
	if f.AboveScale != nil {
		l.rules.AboveScale = f.AboveScale.Rows
	}
}

func readIndex(l *loader, fill func(any)) {
	var f struct {
		Meta struct {
			meta
			CommonFields    map[string]string `yaml:"common_fields"`
			ConfidenceWords map[string]string `yaml:"confidence_words"`
			Scoring         *Scoring          `yaml:"scoring"`
			Segmentation    []string          `yaml:"segmentation"`
		} `yaml:"meta,required"`
		Items []*File `yaml:"items"`
	}
	fill(&f)
	add(l, "file", &l.rules.Files, f.Items)
	set(&l.rules.Scoring, f.Meta.Scoring)
}

func readInterpretationKinds(l *loader, fill func(any)) {
	var f struct {
		list[InterpretationKind]
		Elements []*Element `yaml:"elements"`
	}
	fill(&f)
	add(l, "interpretation kind", &l.rules.InterpretationKinds, f.Items)
	add(l, "element", &l.rules.Elements, f.Elements)
}

func readGroups(l *loader, fill func(any)) {
	var f struct {
		list[ResidentGroup]
		Traits []*Trait `yaml:"traits"`
	}
	fill(&f)
	add(l, "group", &l.rules.Groups, f.Items)
	add(l, "trait", &l.rules.Traits, f.Traits)
}

func readTaxes(l *loader, fill func(any)) {
	var f struct {
		list[Tax]
		Groups []*TaxGroup `yaml:"groups"`
	}
	fill(&f)
	add(l, "tax", &l.rules.Taxes, f.Items)
	add(l, "taxgroup", &l.rules.TaxGroups, f.Groups)
}

func readWorkdays(l *loader, fill func(any)) {
	var f list[calendarYear]
	fill(&f)
	l.calendar(f.Items)
}

func readVerdict(l *loader, fill func(any)) {
	var f struct {
		Meta    meta     `yaml:"meta,required"`
		Verdict *Verdict `yaml:"verdict,required"`
	}
	fill(&f)
	set(&l.rules.Verdict, f.Verdict)
}

func readFacets(l *loader, fill func(any)) {
	var f struct {
		Meta     meta           `yaml:"meta,required"`
		Verdicts *FacetVerdicts `yaml:"verdicts,required"`
	}
	fill(&f)
	set(&l.rules.Facets, f.Verdicts)
}
