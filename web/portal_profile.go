package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"policypush/internal/domain"
)

// whoForm is what a person typed about themselves or their enterprise. It is
// kept as typed, so that nothing is lost when something is wrong with it.
type whoForm struct {
	Kind             domain.SubscriberKind
	Name             string
	USCC             string
	Region           string
	Industry         string
	Size             string
	Staff            string
	Revenue          string // 万元 a year
	Founded          string // year
	Taxpayer         string
	Attributes       []string
	NoAttributes     bool
	Born             string // year
	Groups           []string
	NoGroups         bool
	SensitiveConsent bool
}

func readWho(c *fiber.Ctx) whoForm {
	f := whoForm{
		Name: field(c, "name"), USCC: strings.ToUpper(figure(c, "uscc")), Region: field(c, "region"), Industry: field(c, "industry"), Size: field(c, "size"),
		Staff: figure(c, "staff"), Revenue: figure(c, "revenue"), Founded: figure(c, "founded"), Taxpayer: field(c, "taxpayer"),
		Attributes: fields(c, "attributes"), NoAttributes: field(c, "no_attributes") != "",
		Born: figure(c, "born"), Groups: fields(c, "groups"), NoGroups: field(c, "no_groups") != "",
		SensitiveConsent: field(c, "sensitive") != "",
	}
	switch kind := domain.SubscriberKind(field(c, "kind")); kind {
	case domain.Enterprise, domain.Resident:
		f.Kind = kind
	}
	return f
}

// only empties the answers to the questions that keep is false for. Who asks
// stays.
func (f *whoForm) only(keep func(name string) bool) {
	for name, answer := range map[string]*string{
		"region": &f.Region, "industry": &f.Industry, "size": &f.Size, "staff": &f.Staff, "revenue": &f.Revenue,
		"founded": &f.Founded, "taxpayer": &f.Taxpayer, "born": &f.Born,
	} {
		if !keep(name) {
			*answer = ""
		}
	}
	if !keep("attributes") {
		f.Attributes, f.NoAttributes = nil, false
	}
	if !keep("groups") {
		f.Groups, f.NoGroups = nil, false
	}
}

// whoOf fills the form from what is stored.
func whoOf(sub *domain.Subscriber) whoForm {
	p := sub.Profile
	f := whoForm{
		Kind: p.Kind, Name: sub.Name, USCC: sub.USCC, Region: p.Region, Industry: p.Industry, Size: p.Size, Taxpayer: p.Taxpayer,
		Attributes: p.Attributes, NoAttributes: p.Attributes != nil && len(p.Attributes) == 0,
		Groups: p.Groups, NoGroups: p.Groups != nil && len(p.Groups) == 0, SensitiveConsent: sub.Consent.Sensitive,
		Founded: p.Founded[:min(4, len(p.Founded))], Born: p.Born[:min(4, len(p.Born))],
	}
	if p.Staff != nil {
		f.Staff = strconv.FormatInt(*p.Staff, 10)
	}
	if p.Revenue != nil {
		f.Revenue = trimmed(float64(*p.Revenue) / 1e4)
	}
	return f
}

// check says what is wrong with the form.
func (s *Server) checkWho(f whoForm) problems {
	var ps problems
	known := func(name, label string, fd domain.Field, codes ...string) {
		for _, code := range codes {
			if code != "" && !s.Rules.ValidCode(fd, code) {
				ps.add(name, "“"+label+"”里没有这一项，请从列表中选择")
				return
			}
		}
	}
	if f.Kind == "" {
		ps.add("kind", "请选择为企业还是为个人订阅")
		return ps
	}
	if f.Region == "" {
		ps.add("region", "请选择所在地，不愿细说可以只选到县")
	}
	known("region", "所在地", domain.FieldRegion, f.Region)
	year := s.Now().In(shanghai).Year()
	if f.Kind == domain.Resident {
		if f.Born != "" && !yearBetween(f.Born, year-120, year) {
			ps.add("born", "出生年份要写成四位数，例如1958；不想填可以空着")
		}
		known("groups", "属于哪些群体", domain.FieldGroup, f.Groups...)
		if len(f.Groups) > 0 && f.NoGroups {
			ps.add("no_groups", "已勾选了群体，就不要再勾“以上都不是”")
		}
		if !f.SensitiveConsent && slices.ContainsFunc(f.Groups, s.sensitive) {
			ps.add("sensitive", "勾选了敏感信息，需要您单独同意；不同意请取消这些勾选")
		}
		return ps
	}
	if len([]rune(f.Name)) > 60 {
		ps.add("name", "企业名称最多60个字")
	}
	if f.USCC != "" && !domain.ValidUSCC(f.USCC) {
		ps.add("uscc", "统一社会信用代码有18位，请照营业执照核对；不想填可以空着")
	}
	known("industry", "行业", domain.FieldIndustry, f.Industry)
	known("size", "企业规模", domain.FieldSize, f.Size)
	known("taxpayer", "纳税人类型", domain.FieldTaxpayer, f.Taxpayer)
	known("attributes", "资质", domain.FieldAttribute, f.Attributes...)
	if _, ok := wholeNumber(f.Staff); !ok {
		ps.add("staff", "从业人数要写成整数，例如86；不清楚可以空着")
	}
	if _, ok := tenThousands(f.Revenue); !ok {
		ps.add("revenue", "年营业收入要写成数字，单位是万元，例如1200；不清楚可以空着")
	}
	if f.Founded != "" && !yearBetween(f.Founded, 1900, year) {
		ps.add("founded", "成立年份要写成四位数，例如2019；不清楚可以空着")
	}
	if len(f.Attributes) > 0 && f.NoAttributes {
		ps.add("no_attributes", "已勾选了资质，就不要再勾“以上都没有”")
	}
	return ps
}

func (s *Server) sensitive(group string) bool {
	g := s.Rules.Groups.Find(group)
	return g != nil && g.Sensitive
}

func yearBetween(text string, first, last int) bool {
	n, err := strconv.Atoi(text)
	return err == nil && len(text) == 4 && n >= first && n <= last
}

// tenThousands reads an amount in 万元 and returns yuan.
func tenThousands(text string) (*int64, bool) {
	text = strings.NewReplacer(",", "", " ", "", "万元", "").Replace(halfWidth(text))
	if text == "" {
		return nil, true
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || x < 0 || x > 1e9 {
		return nil, false
	}
	yuan := int64(x*1e4 + 0.5)
	return &yuan, true
}

// apply writes a form without problems into a profile. Facts that the form
// does not ask for stay as they are.
func (s *Server) applyWho(f whoForm, sub *domain.Subscriber) {
	p := &sub.Profile
	p.Kind, p.Region = f.Kind, f.Region
	if f.Kind == domain.Resident {
		p.Born = keepFiner(p.Born, f.Born)
		p.Groups = setOf(f.Groups, f.NoGroups)
		sub.Consent.Sensitive = f.SensitiveConsent
		return
	}
	sub.Name, sub.USCC = f.Name, f.USCC
	p.Industry, p.Taxpayer = f.Industry, f.Taxpayer
	p.Founded = keepFiner(p.Founded, f.Founded)
	p.Staff, _ = wholeNumber(f.Staff)
	p.Revenue, _ = tenThousands(f.Revenue)
	p.Attributes = setOf(f.Attributes, f.NoAttributes)
	if p.Size = f.Size; p.Size == "" {
		p.Size = s.Rules.Size(p.Industry, p.Staff, p.Revenue, p.Assets)
	}
}

// keepFiner keeps a stored date whose year the form repeats: the form only
// asks for years.
func keepFiner(stored, year string) string {
	if year != "" && strings.HasPrefix(stored, year) {
		return stored
	}
	return year
}

// setOf is nil (unknown) unless the person chose something or said none.
func setOf(chosen []string, none bool) []string {
	switch {
	case len(chosen) > 0:
		return chosen
	case none:
		return []string{}
	default:
		return nil
	}
}

// whatForm is what a person wants to hear about.
type whatForm struct {
	Themes   []string
	Keywords string
	All      bool
	Least    domain.Relevance
}

func readWhat(c *fiber.Ctx) whatForm {
	f := whatForm{Themes: fields(c, "themes"), Keywords: field(c, "keywords"), All: field(c, "all") != ""}
	if n, err := strconv.Atoi(field(c, "least")); err == nil {
		f.Least = domain.Relevance(n)
	}
	return f
}

func whatOf(sub domain.Subscription) whatForm {
	return whatForm{Themes: sub.Themes, Keywords: strings.Join(sub.Keywords, " "), All: sub.All, Least: sub.Least}
}

// The bounds of keywords.
const (
	maxKeywords = 10
	maxKeyword  = 20
)

func (f whatForm) keywords() []string {
	words := strings.FieldsFunc(f.Keywords, func(r rune) bool { return strings.ContainsRune(" ,，、;；\n\r\t　", r) })
	slices.Sort(words)
	return slices.Compact(words)
}

func (s *Server) checkWhat(f whatForm) problems {
	var ps problems
	words := f.keywords()
	switch {
	case !f.All && len(f.Themes) == 0 && len(words) == 0:
		ps.add("themes", "请至少选一个主题，或写一个关键词，或选“所有可能适用的政策”")
	case slices.ContainsFunc(f.Themes, func(code string) bool { return s.Rules.Themes.Find(code) == nil }):
		ps.add("themes", "有一个主题不在列表里，请重新选择")
	}
	if !slices.Contains(domain.Relevances(), f.Least) {
		ps.add("least", "请从列表中选择多相关才通知")
	}
	switch {
	case len(words) > maxKeywords:
		ps.add("keywords", fmt.Sprintf("关键词最多%d个，现在有%d个", maxKeywords, len(words)))
	case slices.ContainsFunc(words, func(w string) bool { n := len([]rune(w)); return n < 2 || n > maxKeyword }):
		ps.add("keywords", fmt.Sprintf("每个关键词要有2到%d个字", maxKeyword))
	}
	return ps
}

func (f whatForm) apply(sub *domain.Subscription) {
	sub.Themes, sub.Keywords, sub.All, sub.Least = f.Themes, f.keywords(), f.All, f.Least
	if sub.Themes == nil {
		sub.Themes = []string{}
	}
	if sub.Keywords == nil {
		sub.Keywords = []string{}
	}
}

// whoFields is the part of a page that shows a whoForm.
type whoFields struct {
	Form       whoForm
	Problems   problems
	Regions    []optionGroup
	Industries []optionGroup
	Sizes      []option
	Taxpayers  []option
	Attributes []option
	Groups     []option
	Sensitive  []option
}

// IsResident tells which half of the form is shown.
func (f whoFields) IsResident() bool { return f.Form.Kind == domain.Resident }

func (s *Server) whoFields(c *fiber.Ctx, f whoForm, ps problems) (whoFields, error) {
	offices, err := s.Store.Offices(c.UserContext())
	if err != nil {
		return whoFields{}, err
	}
	v := whoFields{
		Form: f, Problems: ps, Regions: s.regionOptions(offices, f.Region), Industries: s.industryOptions(f.Industry),
		Attributes: s.attributeOptions(f.Attributes),
		Sizes:      s.codeOptions(domain.FieldSize, f.Size, "micro", "small", "medium", "large"),
		Taxpayers:  s.codeOptions(domain.FieldTaxpayer, f.Taxpayer, "small-scale", "general"),
	}
	v.Groups, v.Sensitive = s.groupOptions(f.Groups)
	return v, nil
}

func (s *Server) codeOptions(f domain.Field, chosen string, codes ...string) []option {
	var options []option
	for _, code := range codes {
		options = append(options, option{Code: code, Name: s.Rules.ValueName(f, code), Selected: code == chosen})
	}
	return options
}

// whatFields is the part of a page that shows a whatForm.
type whatFields struct {
	Form     whatForm
	Problems problems
	Themes   []option
	Leasts   []option
}

func (s *Server) whatFields(kind domain.SubscriberKind, f whatForm, ps problems) whatFields {
	v := whatFields{Form: f, Problems: ps, Themes: s.themeOptions(kind, f.Themes)}
	for _, r := range domain.Relevances() {
		v.Leasts = append(v.Leasts, option{Code: strconv.Itoa(int(r)), Name: r.Label(), Selected: r == f.Least})
	}
	return v
}

// readerName is how a page addresses a subscriber without telling more than
// needed to who looks over their shoulder.
func readerName(sub *domain.Subscriber) string {
	switch {
	case sub.Name != "":
		return cutRunes(sub.Name, 12)
	case sub.Profile.Kind == domain.Enterprise:
		return "我的企业"
	default:
		return "我的订阅"
	}
}

// newConsent is the proof of a consent given on the portal now.
func newConsent(now time.Time, sensitive bool) domain.Consent {
	return domain.Consent{Version: domain.ConsentVersion, At: now, Source: "portal", Sensitive: sensitive}
}
