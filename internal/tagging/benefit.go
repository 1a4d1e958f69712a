package tagging

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

// benefit reads what a sentence gives. The first sentence with an amount, a
// rate or a relief decides; later ones fill in what it left out.
func (t *Tagger) benefit(m *domain.Measure, s sentence) {
	b := &m.Benefit
	note := func(field string, x match) {
		m.Evidence["benefit."+field] = append(m.Evidence["benefit."+field], x.evidence)
		if b.Text == "" {
			b.Text = firstRunes(strings.TrimSpace(unnumbered(s.text)), 80)
		}
	}
	kind := func(code string) {
		if b.Kind == "" {
			b.Kind = code
		}
	}
	for _, x := range t.find("X25", s) {
		kind("B01")
		t.taxes(b, x.group("tax"))
		note("kind", x)
	}
	for _, x := range t.find("X26", s) {
		kind("B02")
		if b.Rate == 0 {
			b.Rate = 0.5
		}
		t.taxes(b, x.group("tax"))
		note("rate", x)
	}
	for _, x := range t.find("X27", s) {
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 {
			kind("B02")
			b.Rate, b.Base = r, x.group("base")
			t.taxes(b, x.group("tax"))
			note("rate", x)
		}
	}
	for _, x := range t.find("X29", s) {
		from, ok1 := percent(x.group("from"))
		to, ok2 := percent(x.group("to"))
		if ok1 && ok2 && b.Rate == 0 {
			kind("B03")
			b.FromRate, b.Rate = from, to
			note("rate", x)
		}
	}
	for _, x := range t.find("X30", s) {
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 {
			kind(kindOfWord(x.group("kind")))
			b.Rate, b.Base = r, baseOf(x.group("base"))
			note("rate", x)
		}
	}
	for _, x := range t.find("X71", s) {
		base := unnumbered(x.text[:x.loc[0]]) // 展位费给予80%补助
		base = strings.TrimPrefix(base[strings.LastIndexAny(base, ",。;:")+1:], "对")
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 && !bounds.MatchString(base) {
			kind(kindOfWord(x.group("kind")))
			b.Rate, b.Base = r, lastRunes(baseOf(base), 30)
			if by := s.loc(reckonedBy); by != nil && b.Base == "" { // 按年度贡献额给予五年奖励,其中前三年给予80%的奖励
				b.Base = baseOf(submatch(s.text, by, 1))
			}
			note("rate", x)
		}
	}
	for _, x := range t.find("X32", s) {
		if tiers := amounts(x.group("list")); len(tiers) > 1 && b.Tiers == nil {
			kind(kindOfWord(x.group("kind")))
			b.Tiers = tiers
			if each := perUnit.FindStringSubmatch(x.text[:x.loc[0]]); each != nil { // 每人每月分别给予
				b.Unit = strings.Trim(each[1]+"·"+each[2], "·")
			}
			note("tiers", x)
		}
	}
	t.steps(m, s)
	for _, code := range []string{"X69", "X70"} {
		for _, x := range t.find(code, s) {
			a, ok := yuan(x.group("amt"), x.group("unit"))
			unit := strings.Trim(x.group("who")+"·"+x.group("per"), "·")
			if ok && unit != "" && b.Amount == 0 && b.Tiers == nil && !before.MatchString(x.text[:x.loc[0]]) {
				kind(kindOfWord(x.evidence.Text))
				b.Amount, b.Unit = a, unit
				note("amount", x)
			}
		}
	}
	for _, x := range t.find("X31", s) {
		a, ok := yuan(x.group("amt"), x.group("unit"))
		switch {
		case !ok || b.Amount != 0 || b.Tiers != nil || reached.MatchString(x.text[x.loc[1]:]):
		case x.group("most") != "": // 给予最高500万元支持
			kind(kindOfWord(x.evidence.Text))
			if b.Cap == 0 {
				b.Cap = a
				note("cap", x)
			}
		default:
			kind(kindOfWord(cmpEmpty(x.group("kind"), x.evidence.Text)))
			b.Amount, b.Once = a, strings.Contains(lastRunes(x.text[:x.loc[1]], 24), "一次性")
			b.Unit = strings.ReplaceAll(x.group("per"), "/", "·")
			note("amount", x)
		}
	}
	for _, x := range t.find("X34", s) {
		a, ok := yuan(x.group("amt"), "元")
		unit := x.group("who") + "·" + x.group("per")
		switch {
		case !ok || before.MatchString(x.text[:x.loc[0]]):
		case b.Amount == 0 && b.Tiers == nil:
			kind("B09")
			b.Amount, b.Unit = a, unit
			note("amount", x)
		case b.Unit == unit && b.Amount > 0 && b.Amount != a: // 80至89周岁每人每月50元;90周岁以上每人每月100元
			b.Tiers, b.Amount = []float64{b.Amount, a}, 0
			m.Evidence["benefit.tiers"] = m.Evidence["benefit.amount"]
			delete(m.Evidence, "benefit.amount")
			note("tiers", x)
		case b.Unit == unit && b.Tiers != nil && !slices.Contains(b.Tiers, a):
			b.Tiers = append(b.Tiers, a)
			note("tiers", x)
		}
	}
	for _, x := range t.find("X35", s) {
		if a, ok := yuan(x.group("amt"), "元"); ok && b.Amount == 0 && !before.MatchString(x.text[:x.loc[0]]) {
			kind("B09")
			b.Amount, b.Unit = a, x.group("unit")
			note("amount", x)
		}
	}
	if loc := s.loc(kindFirst); loc != nil && b.Amount == 0 && b.Tiers == nil {
		if a, ok := yuan(submatch(s.text, loc, 3), submatch(s.text, loc, 4)); ok {
			kind(kindOfWord(submatch(s.text, loc, 2)))
			b.Amount, b.Once = a, strings.Contains(s.text[loc[0]:loc[1]], "一次性")
			m.Evidence["benefit.amount"] = append(m.Evidence["benefit.amount"], s.evidence(loc[0], loc[1]))
		}
	}
	if loc := s.loc(perHead); loc != nil && b.Amount == 0 && b.Tiers == nil {
		if a, ok := yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3)); ok {
			kind(kindOfWord(submatch(s.text, loc, 4)))
			b.Amount, b.Unit = a, submatch(s.text, loc, 1)
			m.Evidence["benefit.amount"] = append(m.Evidence["benefit.amount"], s.evidence(loc[0], loc[1]))
		}
	}
	if loc := s.loc(eachAlone); loc != nil && b.Amount == 0 && b.Tiers == nil {
		kind("B09")
		b.Amount, _ = yuan(submatch(s.text, loc, 3), submatch(s.text, loc, 4))
		b.Unit, b.Once = submatch(s.text, loc, 1), submatch(s.text, loc, 2) != ""
		m.Evidence["benefit.amount"] = append(m.Evidence["benefit.amount"], s.evidence(loc[0], loc[1]))
	}
	t.loose(m, s)
	for _, x := range t.find("X37", s) {
		kind("B08")
		note("kind", x)
	}
	for _, x := range t.find("X33", s) {
		if a, ok := yuan(x.group("cap"), x.group("unit")); ok && b.Cap == 0 && b.Kind != "" {
			b.Cap, b.CapPer = a, strings.TrimSuffix(x.group("scope"), "最高")
			note("cap", x)
		}
	}
	if loc := s.loc(alone); loc != nil && b.Cap == 0 && b.Kind != "" && !asked.MatchString(lastRunes(s.text[:loc[0]], 12)) {
		b.Cap, _ = yuan(submatch(s.text, loc, 1), submatch(s.text, loc, 2))
		m.Evidence["benefit.cap"] = append(m.Evidence["benefit.cap"], s.evidence(loc[0], loc[1]))
	}
	for _, x := range t.find("X36", s) {
		if n, ok := integer(x.group("n")); ok && b.Months == 0 && b.Kind != "" && x.group("unit") != "天" {
			b.Months = n
			if x.group("unit") == "年" {
				b.Months = n * 12
			}
			note("months", x)
		}
	}
}

var (
	// given is a sum that is given, and goesOn one that goes on from it for somebody
	// else: 完成股改的奖励50万元,辅导备案的100万元; 一级140元,二级70元.
	given   = expression(`(?:给予|发放|发给|奖励|奖补|补助|补贴|资助|补偿)(?:金)?(?:一次性)?(?:[\p{Han}]{0,6}:[\p{Han}]{1,12}?)?(\d+(?:\.\d+)?(?:亿元|万元|元))`)
	goesOn  = automaton.MustCompile(`^(?:的?(?:一次性)?(?:奖励|补助|补贴|资助))?(?:[、,;]|,?和)(?:[\p{Han}“”]{1,16}?)(\d+(?:\.\d+)?(?:亿元|万元|元))`)
	perUnit = automaton.MustCompile(`每([人户孩名位生亩床头台辆家个件项吨])(?:每([月年天]))?[\p{Han}]{0,3}$`)
	// total stands before a sum that bounds others or that somebody must reach.
	total = automaton.MustCompile(`不超过|最高|累计|总额|合计|上限|不高于|不低于|达到|超过|低于|收入|投资|产值|每`)
)

// steps reads sums that differ by what somebody has reached: tiers.
func (t *Tagger) steps(m *domain.Measure, s sentence) {
	b := &m.Benefit
	if b.Tiers != nil || b.Amount != 0 || b.Rate != 0 {
		return
	}
	var tiers []float64
	from, to := 0, 0
	for _, loc := range s.locs(given) {
		if loc[0] < to || len(tiers) > 0 && total.MatchString(s.text[to:loc[0]]) {
			continue
		}
		add := func(words string, end int) {
			if v := amounts(words); len(v) == 1 {
				if len(tiers) == 0 {
					from = loc[0]
				}
				tiers, to = append(tiers, v[0]), end
			}
		}
		add(submatch(s.text, loc, 1), loc[1])
		for to > 0 {
			next := goesOn.FindStringSubmatchIndex(s.text[to:])
			if next == nil || total.MatchString(s.text[to:to+next[1]]) {
				break
			}
			add(s.text[to+next[2]:to+next[3]], to+next[1])
		}
	}
	if len(tiers) < 2 {
		return
	}
	b.Kind, b.Tiers = cmpEmpty(b.Kind, kindOfWord(s.text[from:to])), tiers
	if each := perUnit.FindStringSubmatch(s.text[:from]); each != nil {
		b.Unit = cmpEmpty(b.Unit, strings.Trim(each[1]+"·"+each[2], "·"))
	}
	m.Evidence["benefit.tiers"] = append(m.Evidence["benefit.tiers"], s.evidence(from, to))
	b.Text = cmpEmpty(b.Text, firstRunes(strings.TrimSpace(unnumbered(s.text)), 80))
}

var (
	// shareOf is 返还其上年度实际缴纳失业保险费的50%, shareFor is 核定损失部分5%的支持.
	shareOf  = expression(`(返还|退还|补助|补贴|奖励|资助|贴息|补偿)(?:其|给)?(?:[\p{Han}]{0,4}单位)?([^,。;:]{2,40}?)的?(\d+(?:\.\d+)?%)`)
	shareFor = expression(`(?:按照|按|其|上|再|给予)?([^,。;:]{2,30}?)的?(\d+(?:\.\d+)?%)(?:的|给予|予以|进行)+([\p{Han}]{0,6}?)(支持|补助|补贴|奖励|贴息|返还|资助|补偿)`)
	// discount is by what share a price or fee is less: 安装费用优惠30%.
	discount = expression(`([^,。;:]{2,40}?)(?:给予|予以|再|按)?(?:优惠|减免|减收|下浮|打折)(?:幅度)?(?:为|至少)?(\d+(?:\.\d+)?%)`)
	// raised is what an amount is changed to: 由15万元提高至20万元; before stands before
	// what it was.
	raised = expression(`(?:由|从)[^,。;]{0,24}?元(?:/[\p{Han}]{1,4}){0,2}[^,。;\d]{0,6}?(?:提高|调整|上调|增加|提升|下调|降低)(?:到|至|为)(?:每([\p{Han}]{1,2}?)每([月年天]))?(\d+(?:\.\d+)?)(亿元|万元|元)`)
	before = automaton.MustCompile(`[从由]$`)
	// kindFirst is an amount behind what it is: 给予一次性创业补贴5000元.
	kindFirst = expression(`(?:给予|发放|予以|享受|申领|领取)(一次性)?[\p{Han}]{0,12}?(补贴|补助|奖励|资助|津贴|奖金|慰问金|救助金|补助金)(?:资金|金)?(\d+(?:\.\d+)?)(亿元|万元|元)(?:[,。;]|$)`)
	// perHead is an amount for each that is counted: 按每招用1人1500元的标准发放补助.
	perHead = expression(`按(?:照)?每[\p{Han}]{0,8}?1?([人户家个台辆亩头])[\p{Han}]{0,4}?(\d+(?:\.\d+)?)(亿元|万元|元)的?标准[^,。;]{0,12}?(补贴|补助|奖励|资助|津贴)`)
	// eachAlone is all that is said under the heading 补贴标准: 每人一次性1000元。
	eachAlone = expression(`^(?:\([一二三四五六七八九十]\))?(?:[\p{Han}]{0,4}标准:)?每([人户孩名位生亩床头台辆家个件项吨])(一次性)?(\d+(?:\.\d+)?)(亿元|万元|元)[。;]?$`)
	// alone is a highest amount between commas, of what was given before.
	alone = expression(`[,、(](?:单[\p{Han}]{1,7}?|每[\p{Han}]{1,6}?|同一[\p{Han}]{1,8}?)?(?:全年|年度|累计)*(?:最高|上限|封顶)(?:可达|可|为|不超过|给予|补助|奖励|补贴)*(\d+(?:\.\d+)?)(亿元|万元|元)(?:封顶)?(?:[,。;)]|$)`)
	limit = automaton.MustCompile(`额度|限额|最高|上限`)
	// atMost is a highest amount of what is given, and not of what is asked.
	atMost = expression(`((?:补助|补贴|奖励|资助|贷款|奖补|额度|金额|给予|申请|贴息|支持|标准)[^,。;:\d]{0,12}?)(?:最高(?:限额|额度)?|不超过|不高于|上限为?|至多|限额)(?:可达|为|不超过)?(\d+(?:\.\d+)?)(亿元|万元|元)`)
	// standard is an amount that a standard or price names.
	standard = expression(`(?:补助|补贴|奖励|资助|津贴|保障|救助|待遇|发放|养老金|生活费)[\p{Han}]{0,10}?(?:标准|金额)?[\p{Han}]{0,6}?(?:为|提高至|提高到|调整为|:|分别为)(?:[\p{Han}]{0,6}?每([\p{Han}]{1,4}?)(?:每([月年天次]))?)?(\d+(?:\.\d+)?)(亿元|万元|元)(?:/([\p{Han}·]{1,5}))?`)
	// stepAtMost is the most for one step of several.
	stepAtMost = expression(`(?:^|[,、;:])([\p{Han}()]{2,10})不超过(\d+(?:\.\d+)?)(亿元|万元|元)`)
	supports   = automaton.MustCompile(`补贴|补助|奖励|资助|津贴`)
	// delay is how long something may be put off or had.
	delay = expression(`(?:减免|免收|免除|缓缴|延期|延缓|延长|展期|期限|过渡期|最长|时间)[^,。;:\d]{0,12}?([一二两三四五六七八九十]{1,3}|\d{1,3})(个月|年)`)
	// bounds are no base of a share.
	bounds = automaton.MustCompile(`不超过|不高于|不低于|比例|低于|高于|达到`)
	// apiece are amounts for several, in the order in which they are named.
	apiece = expression(`分别[^,。;\d]{0,12}?(?:每([人户亩])每([月年]))?((?:\d+(?:\.\d+)?(?:亿元|万元|元)(?:、|,|和|及)?){2,8})`)
	// asked stands before figures of conditions.
	asked = automaton.MustCompile(`收入|资产|营业额|销售额|注册资本|投资额|产值|人数|担保金额|所得额|余额`)
)

var (
	// beforeBase are words before what a share is reckoned of: 分别给予, 2026年3月、4月, 前三年.
	beforeBase = automaton.MustCompile(`^(?:对|分别|给予|按照?|其中|其|再|不(?:超过|高于)|(?:企业|单位)(?:及其?职工)?|项目|申请人|[前后首]?[一二两三四五六\d]+年(?:内)?|\d[\d年月日、至到-]*(?:期间)?)+`)
	// actorBefore is who has the costs: 限上商贸业企业2026年3月.
	actorBefore = automaton.MustCompile(`^[^\d]{2,30}?(?:企业|单位|机构|合作社|个体工商户)\d{4}年`)
	// onlyWhose is whom a share is given and for how long: 医药企业2年50%的资金支持.
	onlyWhose = automaton.MustCompile(`^[\p{Han}]{0,8}(?:企业|单位|机构|个人)(?:[一二两三四五\d]{1,2}年)?$`)
	// reckonedBy is what a gift is reckoned by.
	reckonedBy = expression(`按(?:照)?([^,。;:\d]{2,30}?)(?:给予|予以)`)
	firstYears = automaton.MustCompile(`[前首][一二两三四五六\d]{1,2}年(?:给予|按)?(\d+(?:\.\d+)?%)[,、]后[一二两三四五六\d]{1,2}年(?:给予|按)?$`)
	// reached stands behind a sum that is asked: 5000万元以上.
	reached = automaton.MustCompile(`^(?:\([含不]+\))?(?:及)?(?:以[上下内]|左右的)`)
)

// baseOf is what a share is reckoned of, without whose it is and when: "" if
// nothing is left.
func baseOf(words string) string {
	if actor := actorBefore.FindString(words); actor != "" {
		words = words[len(actor)-len("2026年"):]
	}
	if from := strings.LastIndex(words, "年度起"); from >= 0 {
		words = words[from+len("年度起"):]
	}
	words = words[len(beforeBase.FindString(words)):]
	if onlyWhose.MatchString(words) {
		return ""
	}
	if i := strings.Index(words, "%"); i >= 0 {
		words = strings.TrimRight(words[:i], "0123456789.")
	}
	return words
}

// loose reads amounts and shares in wordings that the extraction rules leave out.
func (t *Tagger) loose(m *domain.Measure, s sentence) {
	b := &m.Benefit
	note := func(field string, loc []int) {
		m.Evidence["benefit."+field] = append(m.Evidence["benefit."+field], s.evidence(loc[0], loc[1]))
		b.Text = cmpEmpty(b.Text, firstRunes(strings.TrimSpace(unnumbered(s.text)), 80))
	}
	if b.Rate == 0 {
		if loc := s.loc(shareOf); loc != nil && !bounds.MatchString(submatch(s.text, loc, 2)) {
			b.Kind = cmpEmpty(b.Kind, kindOfWord(submatch(s.text, loc, 1)))
			b.Rate, _ = percent(submatch(s.text, loc, 3))
			b.Base = baseOf(submatch(s.text, loc, 2))
			note("rate", loc)
		} else if loc := s.loc(shareFor); loc != nil && !bounds.MatchString(submatch(s.text, loc, 1)) {
			b.Kind = cmpEmpty(b.Kind, kindOfWord(submatch(s.text, loc, 4)))
			b.Rate, _ = percent(submatch(s.text, loc, 2))
			b.Base = baseOf(submatch(s.text, loc, 1))
			if first := firstYears.FindStringSubmatch(s.text[:loc[3]]); first != nil { // 前三年100%,后两年50%的租金补助
				b.Rate, _ = percent(first[1])
			}
			b.Base = cmpEmpty(b.Base, submatch(s.text, loc, 3))
			note("rate", loc)
		}
	}
	if loc := s.loc(discount); loc != nil && b.Rate == 0 && (b.Kind == "" || b.Kind == "B02") && !bounds.MatchString(submatch(s.text, loc, 1)) {
		b.Kind = cmpEmpty(b.Kind, "B02")
		b.Rate, _ = percent(submatch(s.text, loc, 2))
		b.Base = submatch(s.text, loc, 1)
		note("rate", loc)
	}
	if loc := s.loc(apiece); loc != nil && b.Tiers == nil {
		if tiers := amounts(submatch(s.text, loc, 3)); len(tiers) > 1 {
			b.Kind, b.Tiers, b.Amount = cmpEmpty(b.Kind, "B09"), tiers, 0
			b.Unit = cmpEmpty(b.Unit, strings.Trim(submatch(s.text, loc, 1)+"·"+submatch(s.text, loc, 2), "·"))
			note("tiers", loc)
		}
	}
	if loc := s.loc(raised); loc != nil {
		switch a, ok := yuan(submatch(s.text, loc, 3), submatch(s.text, loc, 4)); {
		case !ok:
		case limit.MatchString(lastRunes(s.text[:loc[0]], 20)):
			b.Cap = max(b.Cap, a)
			b.Kind = cmpEmpty(b.Kind, "B09")
			note("cap", loc)
		case b.Amount == 0 && b.Tiers == nil && !asked.MatchString(lastRunes(s.text[:loc[0]], 20)):
			b.Kind, b.Amount = cmpEmpty(b.Kind, "B09"), a
			b.Unit = cmpEmpty(b.Unit, strings.Trim(submatch(s.text, loc, 1)+"·"+submatch(s.text, loc, 2), "·"))
			note("amount", loc)
		}
	}
	for _, loc := range s.locs(standard) {
		if a, ok := yuan(submatch(s.text, loc, 3), submatch(s.text, loc, 4)); ok && b.Amount == 0 && b.Tiers == nil && !asked.MatchString(s.text[loc[0]:loc[1]]) {
			b.Kind, b.Amount = cmpEmpty(b.Kind, "B09"), a
			b.Unit = cmpEmpty(b.Unit, cmpEmpty(strings.Trim(submatch(s.text, loc, 1)+"·"+submatch(s.text, loc, 2), "·"), submatch(s.text, loc, 5)))
			note("amount", loc)
		}
	}
	var caps []float64
	for _, loc := range s.locs(atMost) {
		if a, ok := yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3)); ok && !asked.MatchString(s.text[loc[0]:loc[1]]) {
			caps = append(caps, a)
			b.Kind = cmpEmpty(b.Kind, kindOfWord(submatch(s.text, loc, 1)))
			note("cap", loc)
		}
	}
	if len(caps) > 0 {
		b.Cap = max(b.Cap, slices.Max(caps)) // what differs by class stands in the text
	}
	if b.Tiers == nil && b.Amount == 0 && b.Rate == 0 && supports.MatchString(s.text) { // 初级不超过1000元,中级不超过1500元
		var tiers []float64
		for _, loc := range s.locs(stepAtMost) {
			if a, ok := yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3)); ok && !total.MatchString(submatch(s.text, loc, 1)) && !asked.MatchString(submatch(s.text, loc, 1)) {
				tiers = append(tiers, a)
			}
		}
		if len(tiers) > 1 {
			b.Kind, b.Tiers, b.Cap = cmpEmpty(b.Kind, kindOfWord(s.text)), tiers, 0
			note("tiers", s.locs(stepAtMost)[0])
		}
	}
	if loc := s.loc(delay); loc != nil && b.Months == 0 && (strings.Contains(s.text, "缓") || strings.Contains(s.text, "延") || strings.Contains(s.text, "贴") || strings.Contains(s.text, "贷") || strings.Contains(s.text, "补") || strings.Contains(s.text, "免")) {
		if n, ok := integer(submatch(s.text, loc, 1)); ok {
			b.Months = n
			if submatch(s.text, loc, 2) == "年" {
				b.Months = 12 * n
			}
			m.Evidence["benefit.months"] = append(m.Evidence["benefit.months"], s.evidence(loc[0], loc[1]))
		}
	}
}

func kindOfWord(w string) string {
	switch {
	case strings.Contains(w, "奖"):
		return "B10"
	case strings.Contains(w, "贴息"):
		return "B11"
	case strings.Contains(w, "返还"):
		return "B07"
	default:
		return "B09"
	}
}

var amountInList = automaton.MustCompile(`(\d+(?:\.\d+)?)(亿元|万元|元)`)

func amounts(list string) []float64 {
	var out []float64
	for _, loc := range amountInList.FindAllStringSubmatchIndex(list, -1) {
		if v, ok := yuan(submatch(list, loc, 1), submatch(list, loc, 2)); ok && v < math.MaxInt64 {
			out = append(out, v)
		}
	}
	return out
}

// taxes adds the codes of the taxes and fees named in words.
func (t *Tagger) taxes(b *domain.Benefit, words string) {
	for _, x := range t.rules.Taxes.All() {
		named := func(n string) bool { return strings.Contains(words, n) }
		if (named(x.Name) || slices.ContainsFunc(x.Aliases, named)) && !slices.Contains(b.Tax, x.Code) {
			b.Tax = append(b.Tax, x.Code)
		}
	}
}

// window reads when the measure can be had.
func (t *reading) window(m *domain.Measure, s sentence) {
	w := &m.Window
	if d := t.deadlines(s, t.year).best(true); d != "" && w.Deadline == "" {
		w.Deadline = d
		m.Evidence["window.deadline"] = []domain.Evidence{s.trim().evidence(0, len(s.trim().text))}
	}
	for _, x := range t.find("X10", s) {
		from, to := day(x.group("y1"), x.group("m1"), x.group("d1")), day(x.group("y2"), x.group("m2"), x.group("d2"))
		if w.From == "" && from != "" && to != "" {
			w.From, w.To = from, to
			m.Evidence["window"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X43", s) {
		from, to := windowDates(x.group("from"), x.group("to"))
		if from != "" && to != "" && w.Deadline == "" {
			w.From, w.To, w.Deadline = from, to, to
			m.Evidence["window.deadline"] = []domain.Evidence{x.evidence}
		}
	}
	for _, x := range t.find("X44", s) {
		if from, to := yearly(x); from != "" && w.From == "" {
			w.From, w.To, w.Yearly = from, to, true
			m.Evidence["window"] = []domain.Evidence{x.evidence}
		}
	}
	if w.From == "" && w.To == "" {
		if from, to, at := heldFor(s, t.year); at != nil {
			w.From, w.To = from, to
			m.Evidence["window"] = []domain.Evidence{s.evidence(at[0], at[1])}
		}
	}
	if loc := s.loc(everyYear); loc != nil && w.From == "" && w.Relative == "" && (strings.Contains(s.text, "报") || strings.Contains(s.text, "受理") || strings.Contains(s.text, "申") || len(s.text) < 60) {
		e := s.evidence(loc[0], loc[1])
		w.Relative = e.Text
		m.Evidence["window.relative"] = []domain.Evidence{e}
	}
	for _, x := range t.find("X42", s) {
		if w.Relative == "" && !strings.Contains(x.group("unit"), "工作日") && !strings.Contains(x.group("from"), "申请") {
			w.Relative = x.evidence.Text
			m.Evidence["window.relative"] = []domain.Evidence{x.evidence}
		}
	}
}

// everyYear is a time of each year that the text leaves open: 每年2月左右.
var everyYear = expression(`每年(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份|底|初|中旬|上旬|下旬|左右)?|每(?:年|季度|半年)(?:一次|1次|申报一次|集中受理)`)

func windowDates(from, to string) (string, string) {
	f := chineseDate.FindStringSubmatch(from)
	if f == nil {
		return "", ""
	}
	if !strings.Contains(to, "年") {
		to = f[1] + "年" + to
	}
	l := chineseDate.FindStringSubmatch(to)
	if l == nil {
		return "", ""
	}
	return day(f[1], f[2], f[3]), day(l[1], l[2], l[3])
}

func yearly(x match) (from, to string) {
	m1, ok1 := integer(x.group("m1"))
	m2, ok2 := integer(x.group("m2"))
	if !ok1 || !ok2 || m1 < 1 || m1 > 12 || m2 < 1 || m2 > 12 {
		return "", ""
	}
	d1, ok := integer(x.group("d1"))
	if !ok {
		d1 = 1
	}
	d2, ok := integer(x.group("d2"))
	if !ok {
		d2 = daysIn(2025, m2)
	}
	return fmt.Sprintf("%02d-%02d", m1, d1), fmt.Sprintf("%02d-%02d", m2, d2)
}

var (
	phone = expression(`(?:电话|热线|咨询|联系方式|联系人|拨打)[^。;\d]{0,16}?(1[3-9]\d{9}|(?:0\d{2,3}[-—–]{0,2} ?)?\d{7,8}|400[-—]?\d{3,4}[-—]?\d{3,4}|0\d{2,3}[-—]{0,2}12\d{3}|1[0-2]\d{3})`)
	plain = automaton.MustCompile(`(?:0\d{2,3}[-—–]{0,2})?\d{7,8}`)
	// brings is what has to be handed in, in a sentence.
	brings = expression(`(?:提供|提交|携带|上传|出具)([^。;,:]{4,80}?(?:材料|资料|证明|证件|原件|复印件|申请表|身份证|户口簿|执照|病历|合同|发票|承诺书))(?:,|。|;|等|的|$)`)
	// online is where something is had without going there.
	online   = expression(`(?:登录|登陆|通过|在|关注|搜索|扫描)([^。;,]{2,40}?(?:APP|小程序|公众号|政务服务网|平台|网站|官网|系统|窗口|二维码|服务大厅|服务中心))`)
	place    = expression(`(?:平台|网站?|APP|小程序|公众号|窗口|大厅|中心|[^\p{Han}]*局|[\p{Han}]所|院|银行|机构|部门|街道|乡镇|村|社区|站|会|门户|系统|邮箱|方式|地|厅|办|海关)$`)
	notPlace = automaton.MustCompile(`(?:无需|不再|不得|不必)[^,。;]{0,20}$|符合|规定的?期|下列|参加|条件`)
	// now is had without an application, or with a mere word.
	now  = expression(`(?:无需|不需|不用|免于?)(?:再)?(?:提出)?(?:申请|申报|提交)|直接(?:享受|发放|拨付|减免|抵扣)|自行(?:判断|判别|申报)[^。;]{0,6}享受|自动(?:享受|减免|办理|抵扣)|即时办结|主动(?:发放|兑付|减免)`)
	asks = expression(`(?:可|可以|应|应当|须|需)(?:按规定|依法|向[\p{Han}]{2,20})?(?:申请|申报|申领|办理|提出)|由[\p{Han}]{2,8}申请|提出(?:书面)?申请|经[\p{Han}]{2,10}(?:批准|审核|认定)`)
	// promised is a time that an office sets itself.
	promised = expression(`(?:办结|办理|审核|审批|受理|核发|答复|审查|制作发放)[^。;,]{0,14}?(?:时限|期限|时间)?[^。;,]{0,6}?(?:为|:|在|自[^。;,]{2,16}起)?(\d{1,3}|[一二三四五六七八九十]{1,3})个?(?:工作日|日|天)(?:内)?|自(?:受理|收到)[^。;,]{0,10}?之日起(\d{1,3}|[一二三四五六七八九十]{1,3})个?(?:工作日|日|天)内`)
)

// how reads how the measure is had.
func (t *Tagger) how(m *domain.Measure, x piece) {
	h, s := &m.How, x.sentence
	note := func(field string, e domain.Evidence) { m.Evidence["how."+field] = []domain.Evidence{e} }
	if found := t.find("X38", s); len(found) > 0 {
		h.Mode = "automatic"
		note("mode", found[0].evidence)
	} else if loc := s.loc(now); loc != nil && h.Mode == "" {
		h.Mode = "automatic"
		note("mode", s.evidence(loc[0], loc[1]))
	} else if loc := s.loc(asks); loc != nil && h.Mode == "" {
		h.Mode = "apply"
		note("mode", s.evidence(loc[0], loc[1]))
	}
	for _, m := range t.find("X39", s) {
		if i, j := m.at("where"); h.Where == "" && place.MatchString(s.text[i:j]) && !notPlace.MatchString(s.text[:j]) {
			h.Where = firstRunes(s.text[i:j], 40)
			note("where", m.evidence)
		}
	}
	if loc := s.loc(online); loc != nil && h.Where == "" && !notPlace.MatchString(s.text[:loc[3]]) {
		h.Where = firstRunes(s.text[loc[2]:loc[3]], 40)
		note("where", s.evidence(loc[2], loc[3]))
	}
	for _, m := range t.find("X49", s) {
		h.Where = firstRunes(m.group("addr"), 60)
		note("where", m.evidence)
	}
	t.materials(m, x)
	if found := t.find("X46", s); len(found) > 0 {
		h.Within = found[0].evidence.Text
		note("within", found[0].evidence)
	} else if loc := s.loc(promised); loc != nil && h.Within == "" {
		e := s.evidence(loc[0], loc[1])
		h.Within = e.Text
		note("within", e)
	}
	if h.Contact != "" {
		return
	}
	if found := t.find("X48", s); len(found) > 0 {
		h.Contact = found[0].group("tel")
		note("contact", found[0].evidence)
	} else if loc := s.loc(phone); loc != nil {
		h.Contact = plainPhone.Replace(s.text[loc[2]:loc[3]])
		note("contact", s.evidence(loc[2], loc[3]))
	} else if x.in.side == "方式" || x.in.side == "渠道" {
		if loc := plain.FindStringIndex(s.text); loc != nil && !strings.Contains(s.text, "http") {
			h.Contact = s.text[loc[0]:loc[1]]
			note("contact", s.evidence(loc[0], loc[1]))
		}
	}
}

// materials reads what has to be handed in: after a label, as a numbered item
// under such a heading, or after 提供 and 提交.
func (t *Tagger) materials(m *domain.Measure, x piece) {
	h, s := &m.How, x.sentence
	add := func(words string, e domain.Evidence) {
		for _, w := range strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune("、,;", r) }) {
			if w = strings.Trim(w, " 。:()"); w != "" && len(h.Materials) < maxMaterials && !slices.Contains(h.Materials, w) {
				h.Materials = append(h.Materials, firstRunes(w, 60))
			}
		}
		m.Evidence["how.materials"] = append(m.Evidence["how.materials"], e)
	}
	if found := t.find("X45", s); len(found) > 0 {
		if h.Materials == nil {
			add(found[0].group("list"), found[0].evidence)
		}
		return
	}
	if x.in.side == "材料" {
		if body := s.afterLabel(); isNumbered(x.in.Text) && s.start == x.in.Start && body.text != "" {
			add(oneMaterial.Replace(body.text), body.evidence(0, len(body.text)))
		}
		return
	}
	if loc := s.loc(brings); loc != nil && h.Materials == nil && !notBrought.MatchString(s.text[:loc[0]]) {
		add(s.text[loc[2]:loc[3]], s.evidence(loc[2], loc[3]))
	}
}

// notBrought stands before what is not to be handed in.
var notBrought = automaton.MustCompile(`(?:不得|不再|无需|不必|取消|免于)[^。;]{0,24}$`)

var (
	// plainPhone writes a number as it is dialled.
	plainPhone = strings.NewReplacer("—", "-", "–", "-", "——", "-", " ", "")
	// oneMaterial keeps an item of a list in one piece.
	oneMaterial = strings.NewReplacer("、", "和", ",", " ")
)

// maxMaterials bounds the list of what has to be handed in.
const maxMaterials = 30
