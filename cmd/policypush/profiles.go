package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"policypush/internal/channel/email"
	"policypush/internal/channel/sms"
	"policypush/internal/domain"
	"policypush/rules"
)

// maxProfileLine bounds a line of a file of profiles, in bytes.
const maxProfileLine = 1 << 20

// profileRow is a subscriber as the files of other offices hold one. A fact
// that is absent is unknown; a list that is there is complete.
type profileRow struct {
	ID           string       `json:"id"`
	Kind         string       `json:"kind"`
	Name         string       `json:"name"`
	USCC         string       `json:"uscc"`
	Region       string       `json:"region"`
	Industry     string       `json:"industry"`
	Size         string       `json:"size"`
	Taxpayer     string       `json:"taxpayer"`
	Registration string       `json:"registration"`
	Ownership    string       `json:"ownership"`
	Attributes   []string     `json:"attributes"`
	Staff        *amount      `json:"staff"`
	Revenue      *amount      `json:"revenue"`
	Assets       *amount      `json:"assets"`
	Income       *amount      `json:"income"`
	Founded      string       `json:"founded"`
	Born         string       `json:"born"`
	Groups       []string     `json:"groups"`
	LifeEvents   []string     `json:"life_events"`
	Hukou        string       `json:"hukou"`
	Themes       []string     `json:"themes"`
	Keywords     []string     `json:"keywords"`
	All          bool         `json:"all_that_may_apply"`
	Paused       bool         `json:"paused"`
	Least        string       `json:"least"` // all, relevant, very-relevant
	Channels     []channelRow `json:"channels"`
	Fallback     bool         `json:"fallback"`
	AtOnce       bool         `json:"at_once"`
	// ByTheme holds the channels for some themes, without addresses; as in
	// Channels, the preferred stands first.
	ByTheme map[string][]channelRow `json:"by_theme"`
	Consent *consentRow             `json:"consent"`
}

type consentRow struct {
	Version   string `json:"version"`
	At        string `json:"at"` // a day or a moment
	Source    string `json:"source"`
	Sensitive bool   `json:"sensitive"`
}

type channelRow struct {
	Kind    domain.ChannelKind `json:"kind"`
	Address string             `json:"address"`
	When    domain.Frequency   `json:"when"`
	Role    domain.ContactRole `json:"role"` // whom at the enterprise the address reaches
}

// amount is a whole number that other programs may write as 42000000.0.
type amount int64

// UnmarshalJSON takes numbers only, no strings.
func (a *amount) UnmarshalJSON(text []byte) error {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1<<53 {
		return &json.UnmarshalTypeError{Value: "number " + string(text)}
	}
	*a = amount(math.Round(f))
	return nil
}

func (a *amount) int64() *int64 {
	if a == nil {
		return nil
	}
	n := int64(*a)
	return &n
}

// profileReader turns lines of a file into subscribers and says what is wrong
// with the others.
type profileReader struct {
	name  string // of the file, for errors
	rules *rules.Rules
	seen  map[string]int // line of each id
}

// read calls each for every good row and bad for every other one; the rest
// goes on. It fails only if the file as a whole cannot be read, or if each
// fails.
func (p *profileReader) read(r io.Reader, each func(line int, s *domain.Subscriber) error, bad func(error)) error {
	p.seen = map[string]int{}
	if strings.HasSuffix(strings.ToLower(p.name), ".csv") {
		return p.readCSV(r, each, bad)
	}
	return p.readLines(r, each, bad)
}

func (p *profileReader) readLines(r io.Reader, each func(int, *domain.Subscriber) error, bad func(error)) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 64<<10), maxProfileLine)
	line := 0
	for scanner.Scan() {
		line++
		text := bytes.TrimSpace(bytes.TrimPrefix(scanner.Bytes(), []byte("\uFEFF")))
		if len(text) == 0 {
			continue
		}
		var row profileRow
		err := decodeRow(text, &row)
		if err != nil {
			bad(err.At(p.name, line))
			continue
		}
		if err := p.take(line, &row, each, bad); err != nil {
			return err
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return domain.Errorf(domain.Invalid, "这一行超过 1 MB，不像是订阅者数据，请检查文件格式").At(p.name, line+1)
	}
	return scanner.Err()
}

func decodeRow(text []byte, row *profileRow) *domain.Error {
	if !utf8.Valid(text) {
		return domain.Errorf(domain.Invalid, "不是 UTF-8 编码，请另存为 UTF-8 后再导入")
	}
	err := json.Unmarshal(text, row)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return domain.Errorf(domain.Invalid, "值的类型不对（%s）", e.Value).In(e.Field)
	}
	return domain.Errorf(domain.Invalid, "不是一行完整的 JSON")
}

// take checks a row and hands it on.
func (p *profileReader) take(line int, row *profileRow, each func(int, *domain.Subscriber) error, bad func(error)) error {
	s, problem := p.subscriber(row)
	if problem == nil && p.seen[s.ExternalID] > 0 {
		problem = domain.Errorf(domain.Invalid, "编号“%s”重复，第%d行已经有了", s.ExternalID, p.seen[s.ExternalID]).In("id")
	}
	if problem != nil {
		bad(problem.At(p.name, line))
		return nil
	}
	p.seen[s.ExternalID] = line
	return each(line, s)
}

// subscriber checks every field of a row and makes the subscriber.
func (p *profileReader) subscriber(row *profileRow) (*domain.Subscriber, *domain.Error) {
	s := &domain.Subscriber{
		ExternalID: strings.TrimSpace(row.ID), Name: domain.CleanName(row.Name), USCC: strings.ToUpper(strings.TrimSpace(row.USCC)),
		Profile: domain.Profile{
			Kind: domain.SubscriberKind(row.Kind), Region: row.Region, Industry: row.Industry, Size: row.Size,
			Taxpayer: row.Taxpayer, Registration: row.Registration, Ownership: row.Ownership,
			Staff: row.Staff.int64(), Revenue: row.Revenue.int64(), Assets: row.Assets.int64(), Income: row.Income.int64(),
			Founded: row.Founded, Born: row.Born, Groups: row.Groups, LifeEvents: row.LifeEvents, Hukou: row.Hukou,
		},
		Subscription: domain.Subscription{Themes: row.Themes, Keywords: row.Keywords, All: row.All, Paused: row.Paused, Fallback: row.Fallback, AtOnce: row.AtOnce},
	}
	for _, check := range []func(*profileRow, *domain.Subscriber) *domain.Error{
		checkWho, p.attributes, p.checkCodes, checkNumbers, least, consent, p.contacts, p.byTheme,
	} {
		if err := check(row, s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func checkWho(_ *profileRow, s *domain.Subscriber) *domain.Error {
	switch {
	case s.ExternalID == "":
		return domain.Errorf(domain.Invalid, "没有编号").In("id")
	case len(s.ExternalID) > 64:
		return domain.Errorf(domain.Invalid, "编号超过64个字符").In("id")
	case s.Profile.Kind != domain.Enterprise && s.Profile.Kind != domain.Resident:
		return domain.Errorf(domain.Invalid, "要是 enterprise（企业）或 resident（居民），不能是“%s”", s.Profile.Kind).In("kind")
	case s.USCC != "" && !domain.ValidUSCC(s.USCC):
		return domain.Errorf(domain.Invalid, "统一社会信用代码“%s”校验不通过，请核对", s.USCC).In("uscc")
	case utf8.RuneCountInString(s.Name) > 200:
		return domain.Errorf(domain.Invalid, "名称超过200个字").In("name")
	}
	return nil
}

// attributes sorts the codes of enterprise-attributes.yaml into the fields
// that hold them: Z3 is a size, TX2 a kind of taxpayer.
func (p *profileReader) attributes(row *profileRow, s *domain.Subscriber) *domain.Error {
	if row.Attributes == nil {
		return nil
	}
	s.Profile.Attributes = []string{}
	for _, code := range row.Attributes {
		a := p.rules.Attributes.Find(code)
		if a == nil {
			return unknownCode("attributes", code)
		}
		field, value := a.Field()
		var to *string
		switch field {
		case domain.FieldSize:
			to = &s.Profile.Size
		case domain.FieldTaxpayer:
			to = &s.Profile.Taxpayer
		case domain.FieldRegistration:
			to = &s.Profile.Registration
		case domain.FieldOwnership:
			to = &s.Profile.Ownership
		default:
			s.Profile.Attributes = append(s.Profile.Attributes, code)
			continue
		}
		if *to != "" && *to != value {
			return domain.Errorf(domain.Invalid, "“%s”与“%s”矛盾", code, *to).In("attributes")
		}
		*to = value
	}
	return nil
}

func unknownCode(field, code string) *domain.Error {
	return domain.Errorf(domain.Invalid, "没有代码“%s”", code).In(field)
}

func (p *profileReader) checkCodes(_ *profileRow, s *domain.Subscriber) *domain.Error {
	v := &s.Profile
	for _, f := range []domain.Field{
		domain.FieldRegion, domain.FieldIndustry, domain.FieldSize, domain.FieldTaxpayer, domain.FieldRegistration,
		domain.FieldOwnership, domain.FieldHukou,
	} {
		if code := v.Code(f); code != "" && !p.rules.ValidCode(f, code) {
			return unknownCode(string(f), code)
		}
	}
	for field, codes := range map[string][]string{"groups": v.Groups, "life_events": v.LifeEvents} {
		f := map[string]domain.Field{"groups": domain.FieldGroup, "life_events": domain.FieldLifeEvent}[field]
		for _, code := range codes {
			if !p.rules.ValidCode(f, code) {
				return unknownCode(field, code)
			}
		}
	}
	for _, code := range s.Subscription.Themes {
		if p.rules.Themes.Find(code) == nil {
			return unknownCode("themes", code)
		}
	}
	return nil
}

func checkNumbers(_ *profileRow, s *domain.Subscriber) *domain.Error {
	for field, n := range map[string]*int64{"staff": s.Profile.Staff, "revenue": s.Profile.Revenue, "assets": s.Profile.Assets} {
		if n != nil && *n < 0 {
			return domain.Errorf(domain.Invalid, "不能是负数").In(field)
		}
	}
	for field, date := range map[string]string{"founded": s.Profile.Founded, "born": s.Profile.Born} {
		if date == "" {
			continue
		}
		if _, _, ok := domain.DateRange(date); !ok {
			return domain.Errorf(domain.Invalid, "日期“%s”看不懂，应当像 2019-03-01、2019-03 或 2019", date).In(field)
		}
	}
	return nil
}

// least reads how relevant a policy must be for the person to be told.
func least(row *profileRow, s *domain.Subscriber) *domain.Error {
	r, ok := domain.RelevanceNamed(row.Least)
	if !ok {
		return domain.Errorf(domain.Invalid, "要是 all（都告诉）、relevant（比较相关的）或 very-relevant（很相关的），不能是“%s”", row.Least).In("least")
	}
	s.Subscription.Least = r
	return nil
}

// consent reads when and how the person agreed.
func consent(row *profileRow, s *domain.Subscriber) *domain.Error {
	if row.Consent == nil {
		return nil
	}
	c := row.Consent
	s.Consent = domain.Consent{Version: c.Version, Source: c.Source, Sensitive: c.Sensitive}
	if c.At == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, c.At, shanghai); err == nil {
			s.Consent.At = at
			return nil
		}
	}
	return domain.Errorf(domain.Invalid, "同意时间“%s”看不懂，应当像 2026-03-01", c.At).In("consent")
}

// contacts checks the channels. An office that imports an address vouches for
// it; whether it may be used is a matter of consent.
func (p *profileReader) contacts(row *profileRow, s *domain.Subscriber) *domain.Error {
	type way struct {
		kind domain.ChannelKind
		role domain.ContactRole
	}
	kinds := map[way]bool{}
	for _, c := range row.Channels {
		contact := domain.Contact{Kind: c.Kind, Address: strings.TrimSpace(c.Address), When: c.When, Role: c.Role, Verified: true}
		if !slices.Contains(importable, c.Kind) {
			return domain.Errorf(domain.Invalid, "没有可以导入的渠道“%s”，只有 app、sms、email、wechat、webhook、jpush、paper", c.Kind).In("channels")
		}
		if kinds[way{c.Kind, c.Role}] {
			return domain.Errorf(domain.Invalid, "渠道“%s”写了两次，一种分工只写一个", c.Kind).In("channels")
		}
		kinds[way{c.Kind, c.Role}] = true
		if c.Role != "" && (p.rules.ContactRoles.Find(string(c.Role)) == nil || s.Profile.Kind != domain.Enterprise) {
			return domain.Errorf(domain.Invalid, "没有分工“%s”，只有企业的联系人可以写 finance（财务）、personnel（人事）等", c.Role).In("channels")
		}
		if !slices.Contains([]domain.Frequency{"", domain.Now, domain.Daily, domain.Weekly}, c.When) {
			return domain.Errorf(domain.Invalid, "频次“%s”看不懂，只有 now、daily、weekly", c.When).In("channels")
		}
		if c.Kind != domain.App {
			var problem *domain.Error
			if contact.Address, problem = addressOf(c.Kind, contact.Address); problem != nil {
				return problem
			}
		}
		s.Contacts = append(s.Contacts, contact)
	}
	return nil
}

// byTheme reads over which channels somebody wants to hear of a theme.
func (p *profileReader) byTheme(row *profileRow, s *domain.Subscriber) *domain.Error {
	for theme, channels := range row.ByTheme {
		if p.rules.Themes.Find(theme) == nil {
			return unknownCode("by_theme", theme)
		}
		ways := []domain.Way{}
		for _, c := range channels {
			when := cmp.Or(c.When, domain.Now)
			switch {
			case !slices.Contains(domain.Outgoing(), c.Kind):
				return domain.Errorf(domain.Invalid, "主题“%s”里没有可以用的渠道“%s”", theme, c.Kind).In("by_theme")
			case slices.ContainsFunc(ways, func(w domain.Way) bool { return w.Channel == c.Kind }):
				return domain.Errorf(domain.Invalid, "主题“%s”的渠道“%s”写了两次", theme, c.Kind).In("by_theme")
			case !slices.Contains([]domain.Frequency{domain.Now, domain.Daily, domain.Weekly}, when):
				return domain.Errorf(domain.Invalid, "频次“%s”看不懂，只有 now、daily、weekly", c.When).In("by_theme")
			}
			ways = append(ways, domain.Way{Channel: c.Kind, When: when})
		}
		if s.Subscription.ByTheme == nil {
			s.Subscription.ByTheme = map[string][]domain.Way{}
		}
		s.Subscription.ByTheme[theme] = ways
	}
	return nil
}

// importable are the channels whose addresses an office may know. A browser
// subscribes itself.
var importable = []domain.ChannelKind{domain.App, domain.SMS, domain.Email, domain.WeChat, domain.Webhook, domain.JPush, domain.Paper}

// addressOf checks an address and writes it as a contact keeps it.
func addressOf(kind domain.ChannelKind, address string) (string, *domain.Error) {
	wrong := domain.Errorf(domain.Invalid, "%s地址不正确", kind.Label()).In("channels")
	check := func(address string) (string, error) {
		if !domain.ValidAccountID(address) {
			return "", wrong
		}
		return address, nil
	}
	switch kind {
	case domain.SMS:
		check = sms.Number
	case domain.Email:
		check = email.Address
	case domain.Paper:
		wrong = domain.Errorf(domain.Invalid, "邮寄地址要写成“村（社区）｜门牌｜收件人”，每部分最多60个字，收件人可以不写").In("channels")
		check = func(address string) (string, error) {
			to, err := domain.ParsePaperAddress(address)
			return to.String(), err
		}
	}
	address, err := check(address)
	if err != nil {
		return "", wrong
	}
	return address, nil
}

// readCSV reads a table whose first line names the columns as the fields of a
// JSON line. Lists are parted by ; or ；. A column named for a
// channel holds its address (app: 1), sms_when and the like how often it may
// be used, consent_version, consent_at and consent_source the consent.
func (p *profileReader) readCSV(r io.Reader, each func(int, *domain.Subscriber) error, bad func(error)) error {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if head, _ := buffered.Peek(64 << 10); !validHead(head) {
		r = simplifiedchinese.GB18030.NewDecoder().Reader(buffered) // as spreadsheets here save it
	} else {
		r = buffered
	}
	table := csv.NewReader(r)
	table.FieldsPerRecord = -1
	table.LazyQuotes = true
	header, err := table.Read()
	if err != nil {
		return domain.Errorf(domain.Invalid, "读不到表头，第一行应当是各列的名称").At(p.name, 1)
	}
	for i := range header {
		header[i] = strings.TrimSpace(strings.TrimPrefix(header[i], "\uFEFF"))
		if !slices.Contains(csvColumns, header[i]) {
			return domain.Errorf(domain.Invalid, "不认识的列“%s”，可用的列：%s", header[i], strings.Join(csvColumns, "、")).At(p.name, 1)
		}
	}
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := table.FieldPos(0)
		if err != nil {
			if e, ok := errors.AsType[*csv.ParseError](err); ok {
				bad(domain.Errorf(domain.Invalid, "这一行的引号或分隔不对").At(p.name, e.Line))
				continue
			}
			return err
		}
		row, problem := csvRow(header, record)
		if problem != nil {
			bad(problem.At(p.name, line))
			continue
		}
		if err := p.take(line, row, each, bad); err != nil {
			return err
		}
	}
}

// validHead tells whether the first bytes of a file are UTF-8, a character
// that is cut at their end aside.
func validHead(head []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(head) {
			return true
		}
		if len(head) == 0 {
			break
		}
		head = head[:len(head)-1]
	}
	return false
}

var csvColumns = []string{
	"id", "kind", "name", "uscc", "region", "industry", "size", "taxpayer", "registration", "ownership", "attributes",
	"staff", "revenue", "assets", "income", "founded", "born", "groups", "life_events", "hukou", "themes", "keywords",
	"all_that_may_apply", "paused", "fallback", "at_once", "least", "sms", "sms_when", "email", "email_when", "app", "wechat", "wechat_when", "webhook", "webhook_when",
	"jpush", "jpush_when", "paper", "paper_when", "consent_version", "consent_at", "consent_source",
}

func csvRow(header, record []string) (*profileRow, *domain.Error) {
	if len(record) > len(header) {
		return nil, domain.Errorf(domain.Invalid, "有%d列，表头只有%d列", len(record), len(header))
	}
	v := map[string]string{}
	for i, cell := range record {
		v[header[i]] = strings.TrimSpace(cell)
	}
	row := &profileRow{
		ID: v["id"], Kind: v["kind"], Name: v["name"], USCC: v["uscc"], Region: v["region"], Industry: v["industry"], Size: v["size"],
		Taxpayer: v["taxpayer"], Registration: v["registration"], Ownership: v["ownership"], Attributes: listOf(v["attributes"]),
		Founded: v["founded"], Born: v["born"], Groups: listOf(v["groups"]), LifeEvents: listOf(v["life_events"]), Hukou: v["hukou"],
		Themes: listOf(v["themes"]), Keywords: listOf(v["keywords"]), Least: v["least"],
	}
	for column, to := range map[string]**amount{"staff": &row.Staff, "revenue": &row.Revenue, "assets": &row.Assets, "income": &row.Income} {
		if v[column] == "" {
			continue
		}
		*to = new(amount)
		if err := (*to).UnmarshalJSON([]byte(strings.ReplaceAll(v[column], ",", ""))); err != nil {
			return nil, domain.Errorf(domain.Invalid, "“%s”不是数字", v[column]).In(column)
		}
	}
	for column, to := range map[string]*bool{"all_that_may_apply": &row.All, "paused": &row.Paused, "fallback": &row.Fallback, "at_once": &row.AtOnce} {
		switch strings.ToLower(v[column]) {
		case "", "0", "false", "no", "否":
		case "1", "true", "yes", "是":
			*to = true
		default:
			return nil, domain.Errorf(domain.Invalid, "要是 1（是）或 0（否），不能是“%s”", v[column]).In(column)
		}
	}
	if v["app"] != "" && v["app"] != "0" {
		row.Channels = append(row.Channels, channelRow{Kind: domain.App})
	}
	for _, column := range header { // whose order is that of preference
		kind := domain.ChannelKind(column)
		if address := v[column]; address != "" && slices.Contains(importable[1:], kind) {
			row.Channels = append(row.Channels, channelRow{Kind: kind, Address: address, When: domain.Frequency(v[column+"_when"])})
		}
	}
	if v["consent_at"] != "" {
		row.Consent = &consentRow{Version: v["consent_version"], At: v["consent_at"], Source: v["consent_source"]}
	}
	return row, nil
}

// listOf parts a cell. An empty cell is unknown, not an empty list.
func listOf(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '；' || r == ' ' })
}
