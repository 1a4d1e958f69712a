package tagging

import (
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
	another := b.Rate != 0 // a sum in a sentence of its own is another gift than the share
	note := func(field string, x match) {
		m.Evidence["benefit."+field] = append(m.Evidence["benefit."+field], x.evidence)
		if b.Text == "" {
			b.Text = wordsOf(s)
		}
	}
	kind := func(code string) {
		if b.Kind == "" {
			b.Kind = code
		}
	}
	for _, x := range t.find("X25", s) {
		if strings.HasPrefix(x.group("tax"), "滞纳金") && strings.ContainsAny(m.Text, "缓延") {
			continue // 缓缴期间免收滞纳金
		}
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
	for _, x := range slices.Concat(t.find("X27", s), t.find("X72", s)) {
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 {
			kind("B02")
			b.Rate, b.Remains, b.Base = r, true, x.group("base")
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
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 && !borneOrPaid(s, x.loc) {
			kind(kindOfWord(x.group("kind")))
			b.Rate, b.Base = r, baseOf(x.group("base"))
			note("rate", x)
		}
	}
	for _, x := range t.find("X71", s) {
		base := unnumbered(x.text[:x.loc[0]]) // 展位费给予80%补助
		base = strings.TrimPrefix(base[strings.LastIndexAny(base, ",。;:")+1:], "对")
		if r, ok := percent(x.group("rate")); ok && b.Rate == 0 && !bounds.MatchString(base) && !borneOrPaid(s, x.loc) {
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
			kind(kindNear(s, x.loc[0], x.loc[1]))
			b.Tiers = tiers
			if each := perUnit.FindStringSubmatch(x.text[:x.loc[0]]); each != nil { // 每人每月分别给予
				b.Unit = strings.Trim(each[1]+"·"+each[2], "·")
			}
			note("tiers", x)
		}
	}
	for _, x := range t.sums("X34", s) {
		a, ok := yuan(x.group("amt"), x.group("unit"))
		unit := x.group("who") + "·" + x.group("per")
		switch {
		case !ok || before.MatchString(x.text[:x.loc[0]]) || charged.MatchString(x.text[:x.loc[0]]):
		case b.Kind == "B01" && !s.matches(supports): // 每户每月5元,低保户免收
		case b.Amount == 0 && b.Tiers == nil:
			kind("B09")
			b.Amount, b.Unit = a, unit
			note("amount", x)
		case b.Unit == unit: // 80至89周岁每人每月50元;90周岁以上每人每月100元
			t.tier(m, a, x)
		}
	}
	t.rows(m, s)
	t.steps(m, s)
	for _, code := range []string{"X69", "X70"} {
		for _, x := range t.sums(code, s) {
			a, ok := yuan(x.group("amt"), x.group("unit"))
			unit := strings.Trim(x.group("who")+"·"+x.group("per"), "·")
			switch {
			case !ok || unit == "" || before.MatchString(x.text[:x.loc[0]]):
			case strings.Contains(x.evidence.Text, "最高"): // 每户给予最高5000元补助
				if b.Cap == 0 {
					kind(kindOfWord(x.evidence.Text))
					b.Cap, b.CapPer = a, x.group("who")
					note("cap", x)
				}
			case another:
			case b.Amount == 0 && b.Tiers == nil:
				kind(kindNear(s, x.loc[0], x.loc[1]))
				b.Amount, b.Unit = a, unit
				note("amount", x)
			case b.Unit == unit: // 早稻每亩补贴200元,晚稻每亩补贴100元
				t.tier(m, a, x)
			}
		}
	}
	for _, x := range t.sums("X31", s) {
		a, ok := yuan(x.group("amt"), x.group("unit"))
		switch {
		case !ok || reached.MatchString(x.text[x.loc[1]:]) || ofAll.MatchString(s.text[:x.loc[0]]+x.evidence.Text):
		case rangeTo.MatchString(x.text[x.loc[1]:]): // 给予10万元至100万元不等的奖励
			if most := amounts(rangeTo.FindString(x.text[x.loc[1]:])); len(most) == 1 && b.Cap == 0 && b.Amount == 0 {
				kind(kindNear(s, x.loc[0], x.loc[1]))
				b.Cap = most[0]
				note("cap", x)
			}
		case b.Amount != 0 || b.Tiers != nil: // …的,给予1万元奖励;…的,给予2万元奖励
			if isMost(s, x) {
				if b.Cap == 0 {
					b.Cap = a
					note("cap", x)
				}
				break
			}
			if unit := cmpEmpty(strings.ReplaceAll(x.group("per"), "/", "·"), eachIn(x.evidence.Text)); x.group("most") == "" && b.Rate == 0 && unit == b.Unit && ofAnotherClass.MatchString(lastRunes(x.text[:x.loc[0]], 40)) && !addsTo.MatchString(behindClass(lastRunes(x.text[:x.loc[0]], 24))+x.evidence.Text) {
				t.tier(m, a, x)
			}
		case x.group("most") != "" || isMost(s, x): // 给予最高500万元支持, 最高奖励200万元
			kind(kindNear(s, x.loc[0], x.loc[1]))
			if more := sumsGoOn.FindString(x.text[x.loc[1]:]); more != "" && b.Cap == 0 { // 分别给予最高15万元、7万元奖励
				b.Tiers = amounts(x.evidence.Text + more)
				note("tiers", x)
			} else if b.Cap == 0 {
				b.Cap = a
				note("cap", x)
			}
		case another:
		case sumsGoOn.MatchString(x.text[x.loc[1]:]): // 给予每张床位2000元、2500元的补助
			kind(kindNear(s, x.loc[0], x.loc[1]))
			b.Tiers = amounts(x.evidence.Text + sumsGoOn.FindString(x.text[x.loc[1]:]))
			b.Unit = cmpEmpty(b.Unit, eachIn(x.evidence.Text))
			note("tiers", x)
		default:
			kind(kindNear(s, x.loc[0], x.loc[1]))
			b.Amount, b.Once = a, strings.Contains(lastRunes(x.text[:x.loc[1]], 24), "一次性")
			b.Unit = cmpEmpty(strings.ReplaceAll(x.group("per"), "/", "·"), eachIn(x.evidence.Text))
			note("amount", x)
		}
	}
	for _, x := range t.sums("X35", s) {
		if a, ok := yuan(x.group("amt"), "元"); ok && b.Amount == 0 && b.Tiers == nil && !another && !before.MatchString(x.text[:x.loc[0]]) && !reached.MatchString(x.text[x.loc[1]:]) {
			kind(kindOfWord(firstRunes(x.text[x.loc[1]:], 8)))
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
	if loc := s.loc(eachNamed); loc != nil && b.Amount == 0 && b.Tiers == nil && b.Cap == 0 && b.Rate == 0 {
		kind(kindOfWord(submatch(s.text, loc, 4)))
		b.Amount, _ = yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3))
		b.Unit, b.Once = submatch(s.text, loc, 1), strings.Contains(lastRunes(s.text[:loc[0]], 4)+s.text[loc[0]:loc[1]], "一次性")
		b.Text = cmpEmpty(b.Text, wordsOf(s))
		m.Evidence["benefit.amount"] = append(m.Evidence["benefit.amount"], s.evidence(loc[0], loc[1]))
	}
	if loc := s.loc(inTurns); loc != nil && b.Amount == 0 && b.Tiers == nil && b.Cap == 0 {
		b.Kind = cmpEmpty(b.Kind, "B09")
		b.Amount, _ = yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3))
		b.Unit = cmpEmpty(b.Unit, submatch(s.text, loc, 1))
		m.Evidence["benefit.amount"] = append(m.Evidence["benefit.amount"], s.evidence(loc[0], loc[1]))
	}
	if loc := s.loc(eachAlone); loc != nil && b.Amount == 0 && b.Tiers == nil && b.Cap == 0 {
		kind(kindOfWord(s.text))
		b.Amount, _ = yuan(submatch(s.text, loc, 3), submatch(s.text, loc, 4))
		b.Unit, b.Once = submatch(s.text, loc, 1), submatch(s.text, loc, 2) != ""
		b.Text = cmpEmpty(b.Text, wordsOf(s))
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
	for _, p := range []pattern{alone, noMore} {
		loc := s.loc(p)
		if loc == nil || b.Cap != 0 || b.Kind == "" || p.Expression == noMore.Expression && b.Rate == 0 {
			continue
		}
		if words := lastRunes(s.text[:loc[0]], 12); asked.MatchString(words[strings.LastIndex(words, "%")+1:]) { // 按设备投资额的8%给予补助,最高200万元 asks for no investment
			continue
		}
		b.Cap, _ = yuan(submatch(s.text, loc, 2), submatch(s.text, loc, 3))
		b.CapPer = submatch(s.text, loc, 1) // 每人最高10万元
		m.Evidence["benefit.cap"] = append(m.Evidence["benefit.cap"], s.evidence(loc[0], loc[1]))
	}
	t.verbless(m, s)
	if loc := s.loc(reimbursed); loc != nil && b.Rate == 0 && !upTo.MatchString(s.text[loc[1]:]) && strings.Count(wasShare.ReplaceAllString(m.Text, ""), "%") == 1 {
		kind("B09")
		b.Text = cmpEmpty(b.Text, wordsOf(s))
		b.Rate, _ = percent(submatch(s.text, loc, 1))
		m.Evidence["benefit.rate"] = append(m.Evidence["benefit.rate"], s.evidence(loc[0], loc[1]))
	}
	if loc := s.loc(lent); loc != nil && b.Cap == 0 && b.Amount == 0 && b.Tiers == nil && strings.Count(s.text, "可贷") < 2 {
		for group := 1; group <= 7; group += 2 {
			if n := submatch(s.text, loc, group); n != "" {
				b.Cap, _ = yuan(n, submatch(s.text, loc, group+1))
			}
		}
		m.Evidence["benefit.cap"] = append(m.Evidence["benefit.cap"], s.evidence(loc[0], loc[1]))
		b.Text = cmpEmpty(b.Text, wordsOf(s))
	}
	if share := s.locs(shareOfRank); len(share) > 1 && b.Rate != 0 && rests(m.Evidence["benefit.rate"], s.evidence(share[0][0], share[len(share)-1][1])) {
		if first, second := submatch(s.text, share[0], 1), submatch(s.text, share[1], 1); first != second { // which of them somebody gets stands in the text
			b.Rate, b.Base = 0, ""
			delete(m.Evidence, "benefit.rate")
		}
	}
	if loc := s.loc(sharesInTurn); loc != nil && b.Rate != 0 && rests(m.Evidence["benefit.rate"], s.evidence(loc[0], loc[1])) {
		b.Rate, b.Base = 0, ""
		delete(m.Evidence, "benefit.rate")
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

// eachIn is of what words say that an amount is one: 人·月 of 补贴每人每月1800元.
func eachIn(words string) string {
	m := each.FindStringSubmatch(words)
	if m == nil {
		return ""
	}
	return strings.Trim(m[1]+"·"+m[2]+m[3], "·")
}

// isMost tells whether an amount is the most that is given: 最高奖励200万元, 补助每年不超过500万元.
func isMost(s sentence, x match) bool {
	return mostBefore.MatchString(s.text[:x.loc[0]]) || notOver.MatchString(x.evidence.Text)
}

// behindClass is what stands behind who has reached more: 再 of 年度累计融资500万元的,再.
func behindClass(words string) string {
	if i := strings.LastIndex(words, "的,"); i >= 0 {
		return words[i:]
	}
	return words
}

var (
	// ofAll is a sum that all of them get together, and rangeTo goes on to the highest of a range.
	ofAll   = automaton.MustCompile(`共(?:给予|奖励|补助)?\d[\d.]*(?:亿|万)?元|(?:给予|奖励|补助|发放)总额\d|共$`)
	rangeTo = automaton.MustCompile(`^(?:至|到|-|~|—)\d+(?:\.\d+)?(?:亿元|万元|元)(?:不等|的奖|的补|奖|补)`)
	// sumsGoOn are the sums behind another, of which no word says that each is for others.
	sumsGoOn = automaton.MustCompile(`^(?:[、和]\d+(?:\.\d+)?(?:亿元|万元|元)){1,8}(?:[\p{Han},。;]|$)`)
	// mostBefore stands before a sum that is the most.
	mostBefore = automaton.MustCompile(`(?:最高|最多|至多)(?:可以?)?(?:给予|享受?|获得?)?$`)
	notOver    = automaton.MustCompile(`不(?:超过|高于)\d`)
	each       = automaton.MustCompile(`每([人户孩名位生亩床张头台辆家个件项吨])(?:床位|托位)?(?:一次性)?(?:每([月年天]))?\d|每([月年天])\d`)
	// ofAnotherClass stands before a sum for others, or for who reached more.
	ofAnotherClass = automaton.MustCompile(`[^,。;]{2}(?:的|企业|单位|机构|人员|家庭|项目|产品|基地|平台)[,]?(?:分别|一次性)*(?:(?:给予|予以)[\p{Han}]{0,4})?$`)
	// addsTo is said of a sum that is given besides.
	addsTo = automaton.MustCompile(`再|另|额外|追加|叠加|同时|还|累计|合计|总额|每[月年]|扣|处|罚|差额|个人|贷款`)
)

var (
	// given is a sum that is given, and goesOn one that goes on from it for somebody
	// else: 完成股改的奖励50万元,辅导备案的100万元; 一级140元,二级70元.
	given   = expression(`(?:给予|发放|发给|奖励|奖补|补助|补贴|资助|补偿)(?:金)?(?:每[人户家个名位])?(?:一次性)?(?:(?:,[\p{Han}]{0,4}标准)?[\p{Han}]{0,6}(?:为|:){1,2}(?:\dA级|[\p{Han}A-Z]{1,12}?)(?:\([\p{Han}]{1,6}\))?)?(\d+(?:\.\d+)?(?:亿元|万元|元))`)
	goesOn  = automaton.MustCompile(`^(?:的?(?:一次性)?(?:奖励|补助|补贴|资助))?(?:(?:[、,;]|,?和)(?:\dA级|[\p{Han}A-Z“”]{1,16}?)(?:\([\p{Han}]{1,6}\))?|、|,?和|及)(\d+(?:\.\d+)?(?:亿元|万元|元))`)
	perUnit = automaton.MustCompile(`每(人次|架次|平方米|千瓦|标箱|[人户孩名位生亩床头台辆家个件项吨张只班场所栋座趟列间套])(?:每([月年天]))?[\p{Han}]{0,3}$`)
	// total stands before a sum that bounds others or that somebody must reach.
	total = automaton.MustCompile(`不超过|最高|累计|总额|合计|上限|不高于|不低于|达到|超过|低于|收入|投资|产值|每`)
)

// steps reads sums that differ by what somebody has reached: tiers.
func (t *Tagger) steps(m *domain.Measure, s sentence) {
	b := &m.Benefit
	if loc := s.loc(inClasses); loc != nil && b.Tiers == nil && b.Rate == 0 && s.matches(supports) {
		b.Kind = cmpEmpty(b.Kind, "B09")
		b.Tiers, b.Amount = amounts(cmpEmpty(submatch(s.text, loc, 1), submatch(s.text, loc, 2))), 0 // 平均3000元,分为2000元、3000元、4000元三档
		delete(m.Evidence, "benefit.amount")
		m.Evidence["benefit.tiers"] = append(m.Evidence["benefit.tiers"], s.evidence(loc[0], loc[1]))
	}
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
			if next == nil || total.MatchString(s.text[to:to+next[1]]) || reachedSum.MatchString(s.text[to+next[1]:]) {
				break
			}
			add(s.text[to+next[2]:to+next[3]], to+next[1])
		}
	}
	if len(tiers) < 2 {
		return
	}
	b.Kind, b.Tiers = cmpEmpty(b.Kind, kindNear(s, from, to)), tiers
	b.Once = strings.Contains(lastRunes(s.text[:from], 6)+s.text[from:from+strings.IndexAny(s.text[from:], "0123456789")], "一次性")
	if each := perUnit.FindStringSubmatch(s.text[:from]); each != nil {
		b.Unit = cmpEmpty(b.Unit, strings.Trim(each[1]+"·"+each[2], "·"))
	}
	m.Evidence["benefit.tiers"] = append(m.Evidence["benefit.tiers"], s.evidence(from, to))
	b.Text = cmpEmpty(b.Text, wordsOf(s))
}

var (
	// shareOf is 返还其上年度实际缴纳失业保险费的50%, shareFor is 核定损失部分5%的支持.
	shareOf  = expression(`(返还|退还|补助|补贴|奖励|资助|贴息|补偿)(?:其|给)?(?:[\p{Han}]{0,4}单位)?([^,。;:]{2,40}?)的?(\d+(?:\.\d+)?%)`)
	shareFor = expression(`(?:按照|按|其|上|再|给予)?([^,。;:]{2,30}?)的?(\d+(?:\.\d+)?%)(?:、不(?:高于|超过)\d+(?:\.\d+)?万?元)?(?:的|给予|予以|进行|一次性)*(?:(?:[一二两三四五]年)?(?:最高|不超过)+\d+(?:\.\d+)?[亿万]?元的?)?([\p{Han}]{0,6}?)(支持|补助|补贴|奖励|贴息|返还|资助|补偿|配套)`)
	// shareTo is 县级财政所得扣除成本后100%奖励给投资方.
	shareTo = expression(`([^,。;:]{2,30}?)的?(\d+(?:\.\d+)?%),?(?:由[^,。;:]{2,10}|连续[一二三四五六七八九十\d]{1,2}年|[一二三四五六七八九十\d]{1,2}年内)?(奖励|补助|补贴|返还)给`)
	// shareUpTo is a share that is no more than a sum, without a word for what it is: 按车价的30%,
	// 每台最高不超过4万元.
	shareUpTo = expression(`按(?:照)?([^,。;:%]{2,40}?)的(\d+(?:\.\d+)?%)(?:\([^()]{2,40}\))?,(?:每|单)[\p{Han}]{1,6}?(?:最高)?不超过\d`)
	// discount is by what share a price or fee is less: 安装费用优惠30%.
	discount = expression(`([^,。;:]{2,40}?)(?:给予|予以|再|按)?(?:优惠|减免|减收|下浮|打折)(?:幅度)?(?:为|至少)?(\d+(?:\.\d+)?%)`)
	// raised is what an amount is changed to: 由15万元提高至20万元; before stands before
	// what it was.
	raised = expression(`(?:由|从)(?:[^,。;]{0,8}?每([\p{Han}]{1,2}?)每([月年天]))?[^,。;]{0,24}?元(?:/[\p{Han}]{1,4}){0,2}[^,。;\d]{0,6}?(?:提高|调整|上调|增加|提升|下调|降低)(?:到|至|为)(?:每([\p{Han}]{1,2}?)每([月年天]))?(?:不低于)?(\d+(?:\.\d+)?)(亿元|万元|元)`)
	before = automaton.MustCompile(`[从由]$`)
	// charged stands before what people pay.
	charged = automaton.MustCompile(`(?:缴费|缴纳|收费|收取|筹资)[^,。;]{0,8}$`)
	// kindFirst is an amount behind what it is: 给予一次性创业补贴5000元.
	kindFirst = expression(`(?:给予|发放|予以|享受|申领|领取)(一次性)?[\p{Han}]{0,12}?(补贴|补助|奖励|资助|津贴|奖金|慰问金|救助金|补助金|安家费|科研经费)(?:资金|金)?(\d+(?:\.\d+)?)(亿元|万元|元)(?:[,。;]|$)`)
	// perHead is an amount for each that is counted: 按每招用1人1500元的标准发放补助.
	perHead = expression(`按(?:照)?每[\p{Han}]{0,8}?1?([人户家个台辆亩头])[\p{Han}]{0,4}?(\d+(?:\.\d+)?)(亿元|万元|元)(?:的?标准[^,。;]{0,12}?|的?(?:给予|予以|发放)(?:一次性)?)(补贴|补助|奖励|资助|津贴)`)
	// eachNamed is a sum for each, with its name behind it: 每人20万元生活补贴.
	eachNamed = expression(`每([人户名家])(?:一次性)?(\d+(?:\.\d+)?)(亿元|万元|元)的?(?:一次性)?[\p{Han}]{0,8}?(补贴|补助|奖励|津贴|资助)(?:[,。;、]|$)`)
	// wasShare is a share before it is raised or cut.
	wasShare = automaton.MustCompile(`[由从]\d+(?:\.\d+)?%`)
	// inTurns is all that is said there of what is had year by year: 每年1万元,最多6年.
	inTurns = expression(`^(?:\([一二三四五六七八九十]\))?(?:[\p{Han}]{0,4}标准:)?(?:每人)?每([年月])(?:补贴|补助|发放)?(\d+(?:\.\d+)?)(万元|元)(?:[,。;]|$)`)
	// eachAlone is all that is said under the heading 补贴标准: 每人一次性1000元。
	eachAlone = expression(`^(?:\([一二三四五六七八九十]\))?(?:[\p{Han}]{0,4}标准:)?(?:每([人户孩名位生亩床头台辆家个件项吨])(一次性)?)?(\d+(?:\.\d+)?)(亿元|万元|元)(?:的?[\p{Han}()]{2,12}(?:补贴|补助|津贴|奖励|资助))?[。;]?$`)
	// alone is a highest amount between commas, of what was given before.
	alone = expression(`[,、(](单[\p{Han}]{1,7}?|每[\p{Han}]{1,6}?|同一[\p{Han}]{1,8}?)?(?:全年|年度|累计|合计|总额|共)*(?:最高|上限|封顶)(?:可达|可|为|不超过|给予|补助|奖励|补贴)*(\d+(?:\.\d+)?)(亿元|万元|元|万人民币)(?:人民币)?(?:封顶)?(?:[,。;)]|$)`)
	// noMore is the same of a share, without a word that it is the highest: 按投入的2%给予
	// 奖励,不超过50万元.
	noMore = expression(`[,、(](单[\p{Han}]{1,7}?|每[\p{Han}]{1,6}?|同一[\p{Han}]{1,8}?)?(?:且|但)?(?:总额|总计|合计|金额|补助|奖励|补贴|资助|支持)*不(?:超过|高于)(\d+(?:\.\d+)?)(亿元|万元|元|万人民币)(?:人民币)?(?:[,。;)]|的(?:补|奖|支|配)|$)`)
	limit  = automaton.MustCompile(`额度|限额|最高|上限`)
	// eachOfMany are sums of which each says of what it is one: 享受3000元/人、4000元/人的补贴.
	eachOfMany = expression(`((?:\d+(?:\.\d+)?(?:万元|元)/[\p{Han}]{1,3}(?:/[\p{Han}]{1,2})?[、,和]){1,7}\d+(?:\.\d+)?(?:万元|元)/([\p{Han}]{1,3}?(?:/[\p{Han}]{1,2})?))(?:的|标准|[,。;]|$)`)
	// inClasses are the sums of several classes: 分为2000元、3000元、4000元三档.
	inClasses = expression(`分(?:为|成)?((?:\d+(?:\.\d+)?(?:万元|元)[、,和]){1,7}\d+(?:\.\d+)?(?:万元|元))[一二两三四五六七八\d]?个?档|按(?:照)?((?:[^,。;、\d]{1,12}\d+(?:\.\d+)?(?:万元|元)[、和]){1,8}[^,。;、\d]{1,12}\d+(?:\.\d+)?(?:万元|元))的?标准`)
	// pointsOff is how much of the interest on a loan is borne: 给予1个百分点的贴息.
	pointsOff = expression(`(\d+(?:\.\d+)?)个百分点的?[\p{Han}]{0,6}?贴息|贴息(?:率|比例|标准|幅度)?(?:为|按)?(?:年化)?(\d+(?:\.\d+)?)个百分点`)
	// moreOff is by how much more than it was something is taken off what is taxed, or a tax.
	moreOff = expression(`(?:加计|按照?[^,。;:%]{2,30}?的)(\d+(?:\.\d+)?%)(?:抵减|在税前(?:加计)?(?:扣除|摊销)|加计(?:扣除|抵减|摊销))`)
	// reachedWords stand before what somebody has to reach.
	reachedWords = automaton.MustCompile(`达|[^不]超|突破|实现|不低于|不少于|完成`)
	// borne are the shares of those who bear the costs, and paidIn of a sum that is paid
	// bit by bit: 市、县财政各承担50%, 按照40%、30%、30%比例分三年补助到位.
	borne  = automaton.MustCompile(`承担|负担|分担|财政[^,。;]{0,4}?各|[两三]级(?:财政)?(?:各|分别)`)
	paidIn = automaton.MustCompile(`分[一二两三四五六\d]{1,2}(?:个?年度?|期|次|批|个阶段)[\p{Han}]{0,6}?(?:拨付|补助|补贴|兑[现付]|发放|支付|到位|给付|奖励)|(?:先行?|预先|首次|首期|余下|剩余|其余)[^,。;]{0,12}?(?:拨付|兑[现付]|支付|预拨|预付)|(?:拨付|预拨|预付|兑付)[^,。;%]{0,12}?\d+(?:\.\d+)?%`)
	// atMost is a highest amount of what is given, and not of what is asked.
	atMost = expression(`((?:补助|补贴|奖励|资助|贷款|奖补|额度|金额|给予|申请|贴息|支持|标准)[^,。;:\d]{0,12}?)(?:最高(?:限额|额度)?|不超过|不高于|上限为?|至多|限额)(?:可达|为|不超过?)?(\d+(?:\.\d+)?)(亿元|万元|元)`)
	// standard is an amount that a standard or price names.
	standard = expression(`(?:补助|补贴|奖励|资助|津贴|保障|救助|待遇|发放|养老金|生活费)[\p{Han}]{0,10}?(?:标准|金额)?[\p{Han}]{0,6}?(?:为|提高至|提高到|调整为|:|分别为)(?:[\p{Han}]{0,6}?每([\p{Han}]{1,4}?)(?:每([月年天次]))?)?(\d+(?:\.\d+)?)(亿元|万元|元)(?:/([\p{Han}·]{1,5}))?`)
	// stepAtMost is the most for one step of several.
	stepAtMost = expression(`(?:^|[,、;:])([\p{Han}()]{2,10})不超过(\d+(?:\.\d+)?)(亿元|万元|元)`)
	supports   = expression(`补贴|补助|奖励|资助|津贴`)
	// delay is how long something may be put off or had.
	delay = expression(`(?:减免|免收|免除|缓缴|延期|延缓|延长|展期|期限|过渡期|最长|时间):?[^,。;:\d]{0,12}?([一二两三四五六七八九十]{1,3}|\d{1,3})(个月|年)`)
	// notHeld are years that somebody lacks or is over: 距退休年龄不足5年.
	notHeld = automaton.MustCompile(`不足|不满|除|[^超]过\d|满\d`)
	// onEnd is for how many years something is given again: 连续发放3年, 连续5年奖励给企业; what
	// somebody did for years is asked.
	onEnd = expression(`连续(?:发放|补贴|补助|奖励|支持|给予|资助)(?:不超过)?([一二两三四五六七八九十]{1,3}|\d{1,2})年|(?:元|%)[^。;:]{0,16}?连续([一二两三四五六七八九十]{1,3}|\d{1,2})年(?:的(?:补|奖|资)|给予|予以|发放|补[贴助]|奖[励补]|资助|[。;]|$)|(?:连续|在)([一二两三四五六七八九十]{1,3}|\d{1,2})年(?:\([^()]{2,16}\))?内?(?:按照?|给予|予以|,每)[^。;]{0,60}?\d(?:%|万?元)`)
	// bounds are no base of a share.
	bounds = automaton.MustCompile(`第[一二三四五]|奖励、|超过|增速|不高于|不低于|比例|低于|高于|达到|承担|负担|分担|上浮|提高`)
	// apiece are amounts for several, in the order in which they are named.
	apiece = expression(`分别[^,。;\d]{0,12}?(?:每([人户亩])每([月年]))?((?:\d+(?:\.\d+)?(?:亿元|万元|元)(?:、|,|和|及)?){2,8})`)
	// oneUnit are amounts of which the last only has its unit: 每张床位分别补贴500、800、1000元,
	// 分别给予2万/5万/10万元奖励.
	oneUnit = expression(`(?:每([人户亩张床辆台间个])[\p{Han}]{0,4}?)?分别(?:按|给予|发放)?(一次性)?(?:补贴|补助|奖励|资助)?((?:\d+(?:\.\d+)?万?[、/]){1,7}\d+(?:\.\d+)?)(亿元|万元|元)`)
	// asked stands before figures of conditions.
	asked = automaton.MustCompile(`收入|资产|营业额|销售额|注册资本|投资额|产值|人数|担保金额|所得额|余额|单价|价格|起付`)
)

var (
	// reimbursed is what share of costs an insurance bears, upTo goes on to a higher one.
	reimbursed = expression(`(?:报销|支付|救助|补偿|返还)比例(?:统一)?(?:由[^,。;]{0,16}?(?:提高|调整|上调|提|降低)[到至为]|(?:为|是|不超过|达到?|提高到|提高至|调整为)?)(\d+(?:\.\d+)?%)`)
	upTo       = automaton.MustCompile(`^(?:-|~|—|至|到|以)`)
	// lent is the most that is lent, or that an insurance bears: 最高可申请300万元的贷款, 贷款额度最高400万元.
	lent = expression(`(?:最[高多]可?(?:申请|贷|享受?)?|不超过)(\d+(?:\.\d+)?)(亿元|万元)(?:额度)?的?[\p{Han}]{0,8}贷款|贷款(?:最高)?(?:额度|限额)(?:最高|上限)?(?:可?达|为|不超过|是)*(\d+(?:\.\d+)?)(亿元|万元)|(?:最高支付|封顶)(?:限额|线)(?:统一)?(?:为|是|提高到|提高至|:)*(\d+(?:\.\d+)?)(亿元|万元|元)|可贷(?:款)?(\d+(?:\.\d+)?)(亿元|万元)`)
	// beforeBase are words before what a share is reckoned of: 分别给予, 2026年3月、4月, 前三年.
	beforeBase = automaton.MustCompile(`^(?:对|分别|给予|按照?|其中|可以?申请|标准为|(?:县|市|省|区)?财政(?:部门)?按照?|第[一二三四五\d]年按?|其|再?增加|再|不(?:超过|高于)|(?:企业|单位)(?:及其?职工)?|项目|申请人|[前后首]?[一二两三四五六\d]+年(?:内)?|\d[\d年月日、至到-]*(?:期间)?)+`)
	// actorBefore is who has the costs: 限上商贸业企业2026年3月.
	actorBefore = automaton.MustCompile(`^[^\d]{2,30}?(?:企业|单位|机构|合作社|个体工商户)\d{4}年`)
	// onlyWhose is whom a share is given and for how long: 医药企业2年50%的资金支持.
	onlyWhose = automaton.MustCompile(`^[\p{Han}]{0,8}(?:企业|单位|机构|个人)(?:[一二两三四五\d]{1,2}年)?$`)
	// reckonedBy is what a gift is reckoned by.
	reckonedBy = expression(`按(?:照)?([^,。;:\d]{2,30}?)(?:给予|予以)`)
	firstYears = automaton.MustCompile(`[前首][一二两三四五六\d]{1,2}年(?:给予|按)?(\d+(?:\.\d+)?%)[,、]后[一二两三四五六\d]{1,2}年(?:给予|按)?$`)
	// reachedSum stands behind a sum that somebody has spent: 技改投入3000万元至5000万元的.
	reachedSum = automaton.MustCompile(`^(?:\([含不]+\))?(?:至|到|-|~|—|的(?:企业|单位|项目)|以[上下内])`)
	// reached stands behind a sum that is asked: 5000万元以上.
	reached = automaton.MustCompile(`^(?:\([含不]+\))?(?:及)?(?:以[上下内]|左右的)`)
)

// borneOrPaid tells whether the share at loc is of those who bear the costs, or of the times
// at which it is paid, by the words between the commas around it.
func borneOrPaid(s sentence, loc []int) bool {
	from := strings.LastIndexAny(s.text[:loc[0]], ",。;:") + 1
	to := len(s.text)
	if i := indexAny(s.text[loc[1]:], ",。;:"); i >= 0 {
		to = loc[1] + i
	}
	part := s.text[from:to]
	return borne.MatchString(part) || paidIn.MatchString(part)
}

// rests tells whether a mark of evidence is in the words of another.
func rests(marks []domain.Evidence, e domain.Evidence) bool {
	return slices.ContainsFunc(marks, func(o domain.Evidence) bool { return e.Start < o.End && o.Start < e.End })
}

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
	if on, ok := strings.CutSuffix(words, "基础上"); ok { // 在原有利率基础上下浮
		words = strings.TrimSuffix(strings.TrimPrefix(on, "在"), "的")
	}
	return words
}

// kindNear is the kind of support that the figures at [i, j) are, in their own words or
// else in those up to the next mark: 一次性5万元开业奖励.
func kindNear(s sentence, i, j int) string {
	if supports.MatchString(s.text[i:j]) {
		return kindOfWord(s.text[i:j])
	}
	rest := strings.TrimLeft(s.text[j:], "0123456789.、和及亿万元/")
	if end := indexAny(rest, ",。;:"); end >= 0 {
		rest = rest[:end]
	}
	return kindOfWord(firstRunes(rest, 12))
}

// wordsOf are the words by which a sentence says what it gives.
func wordsOf(s sentence) string { return firstRunes(strings.TrimSpace(unnumbered(s.text)), maxWords) }

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
