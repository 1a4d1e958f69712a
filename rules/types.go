package rules

import "regexp"

// Item is what the entries of all files share. Triggers, Aliases and Name are
// words that point to the code; a phrase of Not is blanked out of a text
// before they are looked for, because it only looks like one of them.
type Item struct {
	Code     string   `yaml:"code,required"`
	Name     string   `yaml:"name,required"`
	Aliases  []string `yaml:"aliases"`
	Triggers []string `yaml:"triggers"`
	Not      []string `yaml:"not"`

	at place
}

// Theme is a subject that people subscribe to: Q… for enterprises, M… for
// residents, Z… for work inside government, which is not pushed.
type Theme struct {
	Item     `yaml:",inline"`
	Strong   []string `yaml:"strong"` // enough alone
	Weak     []string `yaml:"weak"`   // count only beside a word of Near in the same sentence
	Near     []string `yaml:"near"`
	Agencies []string `yaml:"agencies" ref:"agency"`
	Groups   []string `yaml:"groups" ref:"group"`          // who mostly benefits
	Seven    string   `yaml:"seven"`                       // class on the province's platform for enterprises
	Both     bool     `yaml:"both"`                        // asks of enterprises and residents alike
	Push     string   `yaml:"push" enum:"never subscribe"` // internal themes only
}

// Tax is a tax (T…) or a fee, fund or contribution (F…).
type Tax struct {
	Item      `yaml:",inline"`
	Kind      string   `yaml:"kind,required" enum:"tax surcharge fund social fee other"`
	Collector string   `yaml:"collector"`
	Payer     string   `yaml:"payer,required" enum:"enterprise individual both"`
	Law       string   `yaml:"law"`
	Groups    []string `yaml:"groups" ref:"taxgroup"` // SIX 六税, TWO 两费
	On        []string `yaml:"on" ref:"tax"`          // the taxes on whose amount it is levied
}

// TaxGroup is a set of taxes that texts name together.
type TaxGroup struct {
	Code    string   `yaml:"code,required"`
	Name    string   `yaml:"name,required"`
	Members []string `yaml:"members,required" ref:"tax"`
	Aliases []string `yaml:"aliases"`
	Note    string   `yaml:"note"`

	at place
}

// BenefitKind is a way in which a policy helps.
type BenefitKind struct {
	Item     `yaml:",inline"`
	Delivery string   `yaml:"delivery,required" enum:"auto apply either"`
	Unit     string   `yaml:"unit"`
	Strong   []string `yaml:"strong"`
}

// Thresholds are the lower bounds of one size of enterprise. Staff are
// persons, the others 万元; nil where the metric does not count.
type Thresholds struct {
	Staff   *int64 `yaml:"staff"`
	Revenue *int64 `yaml:"revenue"`
	Assets  *int64 `yaml:"assets"`
}

// SizeRule is one line of 国统字〔2017〕213号. Subclass, if set, restricts the
// rule to a part of its division (701 of 70); Also are parts of divisions that
// otherwise follow another rule (591 of 59).
type SizeRule struct {
	Item      `yaml:",inline"`
	Divisions []string   `yaml:"divisions,required" ref:"industry"`
	Subclass  string     `yaml:"subclass"`
	Also      []string   `yaml:"also"`
	Metrics   []string   `yaml:"metrics,required" enum:"staff revenue assets"`
	Large     Thresholds `yaml:"large,required"`
	Medium    Thresholds `yaml:"medium,required"`
	Small     Thresholds `yaml:"small,required"`
}

// Ceiling is a class of enterprise or taxpayer of tax law, met when every
// stated maximum is kept. Money in yuan.
type Ceiling struct {
	Code       string `yaml:"code,required"`
	Name       string `yaml:"name,required"`
	Note       string `yaml:"note"`
	Conditions struct {
		Income *int64 `yaml:"income_max"` // taxable income a year
		Sales  *int64 `yaml:"annual_sales_max"`
		Staff  *int64 `yaml:"staff_max"`
		Assets *int64 `yaml:"assets_max"`
		Sector string `yaml:"sector"`
	} `yaml:"conditions,required"`
	Unit   map[string]string `yaml:"unit"`
	Logic  string            `yaml:"logic"`
	Source string            `yaml:"source"`
}

// AboveScale is the revenue from which statistics count an enterprise as
// 规模以上, in 万元 a year.
type AboveScale struct {
	Code       string `yaml:"code,required"`
	Name       string `yaml:"name,required"`
	RevenueMin int64  `yaml:"revenue_min"`
}

// Attribute is a fact about an enterprise beyond its industry and region.
// [Attribute.Field] says where a profile keeps it.
type Attribute struct {
	Item       `yaml:",inline"`
	Dim        string `yaml:"dim,required" enum:"taxpayer reg qual size own stage park credit"`
	By         string `yaml:"by" ref:"agency"` // who grants it
	ValidYears int    `yaml:"valid_years"`     // 0: not limited or not known
	Evidence   string `yaml:"evidence"`
	Broad      bool   `yaml:"broad"` // its words stand in texts that are meant for others too
}

// Industry is a section (C) or division (34) of GB/T 4754-2017.
type Industry struct {
	Item     `yaml:",inline"`
	Level    string `yaml:"level,required" enum:"section division"`
	Parent   string `yaml:"parent" ref:"industry"`
	Full     string `yaml:"full"` // C34: the code that profiles and tags use
	Short    string `yaml:"short"`
	SizeRule string `yaml:"size_rule"`
	Broad    bool   `yaml:"broad"` // its words stand in texts that are meant for others too
}

// The levels of a Division.
const (
	Province = "province"
	City     = "city"
	County   = "county"
	Town     = "town"
)

// Division is a province, city, county (GB/T 2260, six digits) or town (nine).
type Division struct {
	Item   `yaml:",inline"`
	Level  string `yaml:"level,required" enum:"province city county"`
	Parent string `yaml:"parent" ref:"division"`
	Kind   string `yaml:"kind"` // 市辖区, 县级市, 县, 街道, 镇 …
	// DocChar begins the document numbers of the government there (绍政发); it
	// is too common a character to recognise the place by.
	DocChar string `yaml:"docchar"`
	Plate   string `yaml:"plate"`
	// Ambiguous short names are common words too (临海): they count only beside
	// a higher division or with their suffix.
	Ambiguous bool `yaml:"ambiguous"`
}

// RetiredDivision is a code that was abolished, and where its area went.
type RetiredDivision struct {
	Code  string   `yaml:"code,required"`
	Name  string   `yaml:"name,required"`
	Until string   `yaml:"until" check:"month"`
	Into  []string `yaml:"into,required" ref:"division"`

	at place
}

// ResidentGroup is a group of people that policies speak to. Sensitive groups
// need a consent of their own (个人信息保护法 art. 29); Minor ones are
// subscribed to by a guardian (art. 31).
type ResidentGroup struct {
	Item      `yaml:",inline"`
	Age       string `yaml:"age"`
	Sensitive bool   `yaml:"sensitive"`
	Minor     bool   `yaml:"minor"`
	Ask       string `yaml:"ask,required" enum:"self office none"`
	Broad     bool   `yaml:"broad"` // its words stand in texts that are meant for others too
}

// Trait is a fact about a household that conditions ask for.
type Trait struct {
	Code      string   `yaml:"code,required"`
	Name      string   `yaml:"name,required"`
	Kind      string   `yaml:"kind,required" enum:"money_month region years months area count enum"`
	Sensitive bool     `yaml:"sensitive"`
	Triggers  []string `yaml:"triggers"`

	at place
}

// DocumentKind is a kind of legal or official text. Level runs from 1 (law) to
// 5 (normative and other documents) and 7 (no force of its own).
type DocumentKind struct {
	Item            `yaml:",inline"`
	Level           int      `yaml:"level,required"`
	PublishBody     string   `yaml:"publish_body"`
	MustInterpret   bool     `yaml:"must_interpret"` // by 浙政办发〔2018〕112号
	Suffix          []string `yaml:"suffix"`         // how its titles end
	ValidityDefault string   `yaml:"validity_default"`
}

// NumberWord is an issuer with the word that begins its document numbers.
type NumberWord struct {
	Item   `yaml:",inline"`
	Level  string `yaml:"level,required" enum:"国家 省 市 县"`
	Sample string `yaml:"sample"`
}

// NumberPatterns find document numbers and other identifiers of a document.
type NumberPatterns struct {
	DocNo       *regexp.Regexp `yaml:"doc_no"`
	NoticeNo    *regexp.Regexp `yaml:"notice_no"`
	OrderNo     *regexp.Regexp `yaml:"order_no"`
	UnifiedCode *regexp.Regexp `yaml:"unified_code"`
	IndexNo     *regexp.Regexp `yaml:"index_no"`
	LawOrder    *regexp.Regexp `yaml:"law_order"`
}

// ValidityTerm is a way in which texts speak of their own force.
type ValidityTerm struct {
	Item `yaml:",inline"`
	Kind string `yaml:"kind,required" enum:"effective expiry period deadline repeal partial revise extend trial draft superseded status"`
}

// ValidityPatterns find the dates and words of a document's force.
type ValidityPatterns struct {
	Effective     *regexp.Regexp `yaml:"effective"`
	Expiry        *regexp.Regexp `yaml:"expiry"`
	Period        *regexp.Regexp `yaml:"period"`
	ValidityYears *regexp.Regexp `yaml:"validity_years"`
	Repeal        *regexp.Regexp `yaml:"repeal"`
	Revise        *regexp.Regexp `yaml:"revise"`
}

// LifeEvent is something going on in the life of an enterprise or a person
// that makes policies matter.
type LifeEvent struct {
	Item      `yaml:",inline"`
	Side      string   `yaml:"side,required" enum:"enterprise individual"`
	Themes    []string `yaml:"themes" ref:"theme"`
	Groups    []string `yaml:"groups" ref:"group attribute"`
	AheadDays int      `yaml:"ahead_days"` // how early a reminder helps
}

// ContactRole is what somebody at an enterprise does; documents with its themes
// go to them first. The general ones, see [domain.ContactRole], have none.
type ContactRole struct {
	Item   `yaml:",inline"`
	Themes []string `yaml:"themes" ref:"theme"`
}

// Agency is a department, by its line of work.
type Agency struct {
	Item     `yaml:",inline"`
	Province string   `yaml:"province"` // full name at province level
	Short    []string `yaml:"short"`    // as documents call it
}

// PilotArea is one of the 26 areas whose affairs are published by a standard
// catalogue (国办发〔2019〕54号).
type PilotArea struct {
	Item     `yaml:",inline"`
	Lead     string   `yaml:"lead"`
	Local    string   `yaml:"local"`
	Audience string   `yaml:"audience,required" enum:"enterprise resident both"`
	Themes   []string `yaml:"themes" ref:"theme"`
}

// DisclosureField is a column of that catalogue.
type DisclosureField struct {
	Item     `yaml:",inline"`
	Type     string   `yaml:"type,required" enum:"string text list enum multi ref date object"`
	Values   []string `yaml:"values,scalar"` // of an enum or multi; the meta.id of a ref
	Required bool     `yaml:"required"`
	Rule     string   `yaml:"rule"`
}

// InterpretationKind is a form of interpretation and the blocks it is made of.
type InterpretationKind struct {
	Item    `yaml:",inline"`
	Must    bool     `yaml:"must"`
	Blocks  []string `yaml:"blocks"`
	TextAlt string   `yaml:"text_alt"` // what people who cannot see it get
}

// Element is a part that an interpretation should hold.
type Element struct {
	Code     string `yaml:"code,required"`
	Name     string `yaml:"name,required"`
	Required bool   `yaml:"required"`

	at place
}

// Channel is a way to reach people, with what binds it.
type Channel struct {
	Item    `yaml:",inline"`
	Consent string `yaml:"consent"`
	Stop    string `yaml:"stop"`
	Limit   string `yaml:"limit"`
	Body    string `yaml:"body"`
	Proof   string `yaml:"proof"`
}

// Duty is a rule or time limit that binds the office.
type Duty struct {
	Item     `yaml:",inline"`
	Basis    string `yaml:"basis,required" enum:"text secondary memory"`
	Limit    string `yaml:"limit"`
	Unit     string `yaml:"unit" enum:"workday date year month none"`
	Trigger  string `yaml:"trigger"`
	Software string `yaml:"software"` // what follows for this service
	OnBreach string `yaml:"on_breach"`
}

// Pattern is a regular expression that finds one element of a text. Its named
// groups are what it extracts.
type Pattern struct {
	Item     `yaml:",inline"`
	Field    string         `yaml:"field,required"`
	Scope    string         `yaml:"scope,required" enum:"document line sentence"`
	Re       *regexp.Regexp `yaml:"re,required"`
	Examples []Example      `yaml:"examples,required"`
	Reject   []string       `yaml:"reject"`
}

// Example is a text that a Pattern must match, with the groups it must give.
// Groups that are not named may hold anything.
type Example struct {
	Text string            `yaml:"text,required"`
	Want map[string]string `yaml:"want"`

	at place
}

// Jargon explains a term in plain words.
type Jargon struct {
	Item    `yaml:",inline"`
	Plain   string   `yaml:"plain,required"`
	Caution string   `yaml:"caution"` // what is most easily misunderstood
	Themes  []string `yaml:"themes" ref:"theme"`
}

// Colloquial is what people say for a word of documents: searches for one find
// the other too.
type Colloquial struct {
	Item `yaml:",inline"`
}

// SMSWord is a word that carriers stop in text messages, or one that may not be
// said of whoever reads them: that they are poor, ill or disabled. A phrase of
// Not holds the word and is harmless.
type SMSWord struct {
	Item      `yaml:",inline"`
	Sensitive bool `yaml:"sensitive"`
}

// TaggingCase is a short text with the tags it must and must not get.
type TaggingCase struct {
	Item     `yaml:",inline"`
	Title    string   `yaml:"title,required"`
	Text     string   `yaml:"text,required"`
	Must     []string `yaml:"must" ref:"theme"`
	Never    []string `yaml:"never" ref:"theme"`
	Groups   []string `yaml:"groups" ref:"group"`
	Taxes    []string `yaml:"taxes" ref:"tax"`
	Benefits []string `yaml:"benefits" ref:"benefit"`
}

// Scoring is how words become themes.
type Scoring struct {
	TitleMultiplier   float64 `yaml:"title_multiplier"`
	HeadingMultiplier float64 `yaml:"heading_multiplier"`
	BodyMultiplier    float64 `yaml:"body_multiplier"`
	Weights           struct {
		Strong    float64 `yaml:"strong"`
		NameAlias float64 `yaml:"name_alias"`
		Trigger   float64 `yaml:"trigger"`
		Weak      float64 `yaml:"weak"`
	} `yaml:"weights,required"`
	EachTermOncePerPart  bool    `yaml:"each_term_once_per_part"`
	LongestFirstAndBlank bool    `yaml:"longest_first_and_blank"`
	MaskNotFirst         bool    `yaml:"mask_not_first"`
	AssignAt             float64 `yaml:"assign_at"`       // a theme with this score is assigned
	RelativeToTop        float64 `yaml:"relative_to_top"` // and this part of the highest score
	MaxThemes            int     `yaml:"max_themes"`
	SuggestAt            float64 `yaml:"suggest_at"` // from here to AssignAt a person decides
	// In a text of more than LongTextOver characters a theme needs LongTitleAt
	// in the title, or LongParagraphAt in at least LongParagraphsMin paragraphs
	// and in LongParagraphsShare of all.
	LongTextOver        int     `yaml:"long_text_over"`
	LongTitleAt         float64 `yaml:"long_title_at"`
	LongParagraphAt     float64 `yaml:"long_paragraph_at"`
	LongParagraphsMin   int     `yaml:"long_paragraphs_min"`
	LongParagraphsShare float64 `yaml:"long_paragraphs_share"`
	LongTextRule        string  `yaml:"long_text_rule"`
	InternalTop         string  `yaml:"internal_top"`
	SuggestBand         string  `yaml:"suggest_band"`
}

// File is an entry of the index of our own files.
type File struct {
	Item       `yaml:",inline"`
	File       string `yaml:"file,required"`
	Count      int    `yaml:"count"`
	Confidence string `yaml:"confidence" enum:"high medium low"`
	Content    string `yaml:"content"`
	Use        string `yaml:"use"`
}

// Verdict decides which themes a document is about: the sum of Base, the offset
// of the theme and the weighed features, above 0. It is fitted by `policypush
// rules fit`, not by hand.
type Verdict struct {
	Base    float64            `yaml:"base" check:"signed"`
	Weights map[string]float64 `yaml:"weights,required" check:"signed"`      // by the name of the feature
	Themes  map[string]float64 `yaml:"themes" keyref:"theme" check:"signed"` // by code: which need more words, and which fewer
}

// FacetVerdict decides which codes of one dimension a document is for or about:
// the sum of Base, what the code has of its own, and the weighed features, above 0.
type FacetVerdict struct {
	Base    float64            `yaml:"base" check:"signed"`
	Weights map[string]float64 `yaml:"weights,required" check:"signed"` // by the name of the feature
	Codes   map[string]float64 `yaml:"codes" check:"signed"`            // by code: which are named more often than meant, and which less
}

// FacetVerdicts are fitted by `policypush rules fit --facets`, not by hand.
type FacetVerdicts struct {
	Taxes      FacetVerdict `yaml:"taxes,required"`
	Groups     FacetVerdict `yaml:"groups,required"`
	Kinds      FacetVerdict `yaml:"kinds,required"`
	Industries FacetVerdict `yaml:"industries,required"`
}
