package tagging

import (
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/automaton"
)

var (
	applyBy    = expression(`(?:申报|受理|报名|申请|申领|征集|材料报送|材料提交|推荐|兑现|提交|报送|揭榜|参评|登记|投稿|认定|填报|缴费|征缴|领取)[\p{Han}]{0,6}?:?(?:截止|截至)[\p{Han}]{0,4}?(?:时间|日期)?(?:为|:|是|于|到|至)*` + dateRE)
	applyUntil = expression(`(?:申报|受理|报名|申请|申领|征集|材料报送|揭榜|填报|登记)(?:时间|期限|日期|受理时间|工作)?(?:截止)?(?:为|至|到|:|是|于|自|从)*(?:` + dateRE + `)?(?:\d{1,2}:\d{2})?(?:起)?(?:至|到|-|—|~)*` + dateRE + `(?:\d{1,2}:\d{2})?(?:前|止|截止|。|;|,|$|\n|期间|,逾期)`)
	// applyWindow is a time to apply with the hours of the day or more words
	// between its days: 集中受理:…上午9:00起至…下午17:00止.
	applyWindow = expression(`(?:(?:申报|受理|报名|申请|申领|登记|征集|填报|年报|企业端|领取|领券|预约)(?:办理)?(?:开放|起止)?(?:时间|期限|日期)?|(?:^|[^停补])(?:年审|办理|(?:参保)?缴费(?:规定)?)(?:办理)?(?:时间|期限|日期)|招聘(?:报名)?时间|(?:申报|受理|报名|申请)[^,。;]{0,24}的时间|汇算(?:清缴)?(?:办理)?(?:时间|期限)?|^[^,。;]{0,20}集中(?:参保)?(?:缴费|征缴)(?:期|时间))(?:为|:|自|从)* ?` + dateRE + hourRE + `(?:起|开始)?[,]?` + toRE + lastRE)
	// rowWindow is the same before what is to be done, in a row of a timetable.
	rowWindow = expression(`^(?:[一二三四五六七八九十\d]{1,3}[、.])?` + dateRE + hourRE + `(?:起)?` + toRE + lastRE + hourRE + `[\s,|]*(?:网上|线上|现场|集中)?(?:登记|报名|申报|申请|受理|填报)`)
	// listedWindow is a line of a section about the time to apply.
	listedWindow = expression(`(?:(?:即日|[\p{Han}]{0,6}之日)起?|` + dateRE + hourRE + `(?:起)?)` + toRE + lastRE)
	// fromNowOn is such a line in a call for applications (calls).
	fromNowOn   = automaton.MustCompile(`^[^,。;]{0,12}:(?:自)?即日起至`)
	calls       = automaton.MustCompile(`申报|征集|报名|申请|认定`)
	listedTitle = automaton.MustCompile(`^(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:网上|线上|集中)?(?:申报|受理|申请|报名|登记|填报)(?:受理)?(?:时间|期限|日期)(?:安排)?[:。]?$`)
	// calledTitle is that of a section about how to apply, and calledTime the line in
	// it that tells when.
	calledTitle = automaton.MustCompile(`^(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:网上|线上|集中|现场)?(?:申报|受理|申请|报名|登记|填报|年审|认证)(?:方式|办法|事项|程序|流程|安排|须知|时间(?:和|及|、)[\p{Han}]{2,4})?[:。]?$`)
	calledTime  = automaton.MustCompile(`^(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:报名|申报|受理|申请)?(?:时间|期限|日期):`)
	// latest is a last day without 前: 最迟2022年6月20日递交.
	latest = expression(`最迟(?:于|在)?` + dateRE + `(?:以前|之前|前)?([^,。;]{0,30})`)
	// applyOpen is a time to apply that is open from now on.
	applyOpen = expression(`(?:申报|受理|报名|申请|申领|征集|时间|登记)[\p{Han}]{0,4}(?:为|:|自|从)*(?:即日|(?:本)?(?:公告|通知|指南)?(?:发布|印发|公布|公告)?之日)起?(?:至|到)` + dateRE)
	// doWindow is when somebody may act: 家长可于6月20日至25日登录平台报名.
	doWindow = expression(`(?:可以?|请|应当?|须|需)(?:于|在|自|从)` + dateRE + hourRE + `(?:起)?` + toRE + lastRE + hourRE + `(?:期间|内|止)?[,]?[^,。;]{0,30}?(?:登录|登陆|申报|申请|报名|登记|填报|提交)`)
	// doWithin is the same where the way to apply is told behind the days: 在4月28日至5月6日期间,
	// 通过报送系统提交申请. What has been applied for in such a time ends in 的.
	doWithin  = expression(`(?:^|[,。;:])(?:于|在)` + dateRE + hourRE + `(?:起)?` + toRE + lastRE + hourRE + `(?:期间|之间|内|止)?[,]?(?:通过|登录|登陆|进入)[^,。;]{0,40}?(?:提交|申报|申请|报名|登记|填报)([^,。;]*)`)
	nowUntil  = expression(`(?:可|请|应)?(?:于|自|从)?即日起(?:至|到)` + dateRE + `[^,。;]{0,20}(?:申报|申请|报名|提交|提出)`)
	applyLast = expression(`(?:申报|受理|报名|申请|申领)(?:的)?(?:截止日期?|截止时间)(?:为|是|:)` + dateRE)
	lineLast  = expression(`(?:网上|线上|系统|平台|网络|填报|最后一期的?|报送)截止(?:时间|日期)?(?:为|是|:)` + dateRE)
	// applyLonger is a time to apply that is put off.
	applyLonger = expression(`(?:申报|受理|报名|申请|申领|登记|缴费|提交)(?:材料的?)?(?:时间|期限|截止(?:时间|日期))?[\p{Han}]{0,6}?(?:(?:由|从)(?:原[\p{Han}]{0,6})?` + dateRE + `)?[\p{Han}]{0,4}?(?:延长|延期|延后|顺延|推迟|推后|放宽)(?:至|到)` + dateRE)
	// siteCloses is the same where only the end is told: 申报系统将于6月10日17时关闭.
	siteCloses = expression(`(?:申报|申请|报名|填报|登记|受理)[\p{Han}]{0,4}(?:平台|系统|通道|端口|入口)(?:将)?(?:于|在)?` + dateRE + hourRE + `(?:自动|准时)?关闭`)
	// siteOpen is when a site may be used: 培育平台于2月8日开放,3月7日关闭.
	siteOpen  = expression(`(?:平台|系统|通道|端口|入口)[^,。;\d]{0,8}` + dateRE + hourRE + `(?:起)?(?:开放|开启|开通)[,、]?(?:于)?` + lastRE + hourRE + `(?:关闭|截止)`)
	handIn    = expression(`(?:于|在|截至|截止)?(?:今年|本年)?` + dateRE + hourRE + `(?:\(含\))?(?:以前|之前|前|止)[,]?((?:[^。;已][^。;]{0,59})?)`)
	byLabel   = expression(`^(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:截止(?:日期|时间)|申报截止(?:日期|时间)?|报名截止(?:日期|时间)?)(?:为|:)` + dateRE)
	hands     = expression(`申报|申请|申领|报名|材料|资料|提交|报送|上传|补报|寄送|送达|送[至交]|填报|参评|揭榜|发送至|登录|报所在|报当地|报属地|企业端|递交|报送?[省市区县旗][\p{Han}]{0,10}(?:局|委|厅|办|科|处|股|中心)|办理[\p{Han}]{0,4}(?:登记|手续)`)
	applicant = automaton.MustCompile(`(?:企业|申报单位|申请单位|参评单位|项目单位|用人单位|申报主体|申报人|申请人|家长|职工|居民|考生|参保人|缴费人|纳税人)(?:应当?|须|需|请)?$`)
	// callsIn is how somebody applies who hands nothing in: 请于11月23日前联系市科技局,逾期不予提名.
	callsIn = automaton.MustCompile(`^(?:与[\p{Han}]{2,20})?联系[^。;]{2,50},(?:逾期|过期)`)
	// applies ends the name of whoever or whatever applies: 申请入库的项目请于….
	applies = automaton.MustCompile(`(?:申报|申请|参评|参展|报名)[\p{Han}]{0,8}的(?:项目|企业|单位|个人|人员)?(?:应当?|须|需|请)?$`)
	// asksThem asks those who fit to apply, in what papers soever: 请符合条件的企业积极申报,填报汇总表,于….
	asksThem = automaton.MustCompile(`请[^,。;]{0,24}(?:企业|申报单位|申请单位|申请人|个人)(?:[^,。;]{0,6}(?:申报|申请|报名|填报)|[,]?将)[^。;]*$`)
	// clerks are those that hand in to each other, and inside what they hand in.
	clerks = automaton.MustCompile(`各地|各市|各县|各区|各部门|各单位|各省|各级|各乡|各镇|各街|各村|各社区|各旗|各州|各盟|各园区|各科室|各处室|各成员|各有关部门|主管部门|我部`)
	inside = automaton.MustCompile(`各地|各市|各县|各区|各部门|各单位|各省|各级|各乡|各镇|各街|各村|各社区|各旗|各州|各盟|各园区|各科室|各处室|各成员|各有关部门|主管部门|我部|总结|工作情况|落实情况|贯彻|实施方案|实施细则|台账|意见|联系人|进展|备案|反馈意见|整改|汇总|完成|建成|竣工|投产|成立|注册|取得|毕业|出生|缴纳|发放|绩效|自评|自查|检查情况|情况报告|报告报送|申请有效|行文|正式文件`)
)

// dayMark is a character that every last day to apply has beside it.
var dayMark = expression(`[前止截至到\-—–~迟限闭]`)

// dueWords are said where there is a time to apply and nothing is handed in.
var dueWords = expression(`截止|关闭|年报|受理|征集|缴费|办理|领取|领券|征缴|年审|汇算|招聘`)

// mayApply stands before the last day for those who may apply: …缴纳的保险费,可于12月31日前申请返还.
var mayApply = automaton.MustCompile(`[,]可以?(?:于|在)?$`)

// recursYearly tells whether a sentence speaks of a time of no one year: 每年4月1日至5月15日.
func recursYearly(s sentence) bool { return s.matches(annually) && !someYear.MatchString(s.text) }

var (
	annually = expression(`每年[^,。;]{0,10}\d{1,2}月`)
	someYear = automaton.MustCompile(`\d{4}年`)
)

// taxMonth stands before the last day to declare the taxes of a month.
var taxMonth = automaton.MustCompile(`\d月份?(?:的)?(?:纳税)?$`)

// ofTaxes ends with the day until which taxes or contributions are declared, which nobody
// applies for: 2月份纳税申报期限延长至2月28日.
var ofTaxes = automaton.MustCompile(`(?:纳税申报|申报纳税|申报缴纳)[^,。;]{0,24}$`)

// deadlines are the last days to apply of a sentence, for the document and for
// each measure that it belongs to. year is that of the document.
func (t *reading) deadlines(s sentence, year string) claims {
	whole := s.whole()
	if whole && s.holds.dated {
		return s.holds.deadlines
	}
	var found claims
	deadline(s, year, &found)
	t.turn(s, year, found)
	if whole {
		s.holds.deadlines, s.holds.dated = found, true
	}
	return found
}

// turn puts the days of a sentence that names no year behind the day of the document.
func (t *reading) turn(s sentence, year string, found claims) {
	if year == "" {
		return
	}
	for i, c := range found {
		if strings.HasPrefix(c.day, year) && strings.HasPrefix(t.dated, year) && !namesYear(s.text, year) {
			found[i].day = turned(t.dated, c.day)
		}
	}
}

// namesYear reports whether a sentence names this year, and not only what is of it:
// 2022年度项目.
func namesYear(text, year string) bool {
	for {
		_, rest, found := strings.Cut(text, year)
		if !found {
			return strings.Contains(text, "今年") || strings.Contains(text, "本年") || strings.Contains(text, "当年")
		}
		if strings.HasPrefix(rest, "年") && !strings.HasPrefix(rest, "年度") {
			return true
		}
		text = rest
	}
}

// deadline reads the last day to apply. What offices hand in to each other is
// none.
func deadline(s sentence, year string, found *claims) {
	if recursYearly(s) {
		return
	}
	if !s.matches(dayMark) || !s.matches(hands) && !s.matches(dueWords) {
		return
	}
	add := func(m []int, day string, rank int) {
		if found.add(day, rank); day != "" {
			(*found)[len(*found)-1].way = wayOf(s.text, m)
		}
	}
	for _, re := range []pattern{applyBy, byLabel, applyOpen, nowUntil, applyLast, lineLast, siteCloses} {
		for _, m := range s.locs(re) {
			if !taxMonth.MatchString(s.text[:m[0]]) {
				add(m, dateIn(s.text, m, 1, year, true), 3)
			}
		}
	}
	for _, m := range s.locs(siteOpen) {
		if begin, last := spanIn(s.text, m, year); begin != "" && last >= begin {
			add(m, last, 2)
		}
	}
	for _, m := range s.locs(latest) {
		if rest := submatch(s.text, m, 6); hands.MatchString(rest) && !inside.MatchString(rest) {
			add(m, dateIn(s.text, m, 1, year, true), 1)
		}
	}
	for _, m := range s.locs(applyLonger) {
		if ofTaxes.MatchString(s.text[:m[1]]) {
			continue
		}
		add(m, dateIn(s.text, m, 6, year, true), 4) // and not the day before
	}
	windows := slices.DeleteFunc(slices.Clone(s.locs(applyWindow)), func(m []int) bool {
		return ofSomething(s.text, m) || paused.MatchString(s.text[:m[0]])
	})
	for _, m := range append(windows, s.locs(rowWindow)...) {
		if begin, last := spanIn(s.text, m, year); begin != "" && last >= begin {
			add(m, last, 2)
		}
	}
	for _, m := range s.locs(applyUntil) {
		if strings.HasPrefix(submatch(s.text, m, 0), "登记") && !strings.Contains(s.text[m[0]:m[1]], "时间") {
			continue
		}
		if ofSomething(s.text, m) {
			continue
		}
		y := cmpEmpty(submatch(s.text, m, 1), year)
		begin, last := dateIn(s.text, m, 1, year, false), dateIn(s.text, m, 6, y, true)
		if submatch(s.text, m, 6) == "" {
			last = turned(begin, last)
		}
		if begin == "" || last >= begin {
			add(m, last, 2)
		}
	}
	for _, m := range s.locs(doWindow) {
		if !clerks.MatchString(lastRunes(s.text[:m[0]], 30)) {
			_, last := spanIn(s.text, m, year)
			add(m, last, 1)
		}
	}
	for _, m := range s.locs(doWithin) {
		if !strings.Contains(submatch(s.text, m, len(m)/2-1), "的") && !clerks.MatchString(lastRunes(s.text[:m[0]], 30)) {
			_, last := spanIn(s.text, m, year)
			add(m, last, 1)
		}
	}
	for _, m := range s.locs(handIn) {
		rest, before := submatch(s.text, m, 6), s.text[:m[0]]
		rest, _, _ = strings.Cut(rest, ",联系")
		if submatch(s.text, m, 1) == "" && year == "" || submatch(s.text, m, 3) == "" && submatch(s.text, m, 4) == "" || strings.HasSuffix(before, "年") {
			continue
		}
		hand := hands.FindStringIndex(rest)
		if hand == nil && applicant.MatchString(strings.TrimSuffix(before, "于")) {
			hand = callsIn.FindStringIndex(rest)
		}
		if hand == nil || strings.Contains(rest[:hand[0]], "的") && !strings.HasPrefix(s.text[m[0]:], "于") {
			continue // 11月30日前分娩的职工申请…
		}
		if applicant.MatchString(strings.TrimSuffix(before, "于")) || asksThem.MatchString(before) && !clerks.MatchString(before) || !inside.MatchString(rest) && !inside.MatchString(lastRunes(before, 30)) || mayApply.MatchString(before) && !inside.MatchString(rest) && !clerks.MatchString(lastRunes(before, 30)) {
			rank := 1
			if applies.MatchString(strings.TrimSuffix(before, "于")) {
				rank = 2
			}
			add(m, dateIn(s.text, m, 1, year, true), rank)
		}
	}
}

// way is how something is handed in, where the text says so beside the day.
type way int

const (
	onSite  way = iota + 1 // 网上填报
	onPaper                // 纸质材料
)

var (
	sayOnline = automaton.MustCompile(`[网线]上|在线|网络|系统|平台|登[录陆]`)
	sayPaper  = automaton.MustCompile(`纸质|书面|线下|现场|一式|装订|原件`)
)

// wayOf is how what is due on a day is handed in: what the words before it say, else those
// behind it up to what is said of another day.
func wayOf(text string, m []int) way {
	from := strings.LastIndexAny(text[:m[0]], ",。;:") + 1
	to := m[0] + strings.IndexAny(text[m[0]:], "日底末") + 1
	behind := text[to:]
	if next := anotherDay.FindStringIndex(behind); next != nil {
		behind = behind[:next[0]]
	}
	for _, said := range []string{text[from:to], behind} {
		switch sites, papers := sayOnline.MatchString(said), sayPaper.MatchString(said); {
		case sites && !papers:
			return onSite
		case papers && !sites:
			return onPaper
		case sites:
			return 0
		}
	}
	return 0
}

// anotherDay begins what is said of another day.
var anotherDay = automaton.MustCompile(`[。;]|[,](?:并|同时|再)|\d{1,2}月`)

// twoWays returns the last day to apply online and the later one on which the papers are
// due, if nothing as sure is said of another day.
func (c claims) twoWays() (sites, papers string) {
	rank := 0
	for _, x := range c {
		rank = max(rank, x.rank)
	}
	for _, x := range c {
		if x.way == 0 && x.rank == rank {
			return "", ""
		}
	}
	if sites, papers = c.by(onSite), c.by(onPaper); sites == "" || papers <= sites {
		return "", ""
	}
	return sites, papers
}

// by is the last day to hand something in in this way, if all that say so name one.
func (c claims) by(w way) string {
	day := ""
	for _, x := range c {
		switch {
		case x.way != w:
		case day == "":
			day = x.day
		case day != x.day:
			return ""
		}
	}
	return day
}

// paused stands before a time in which nobody may apply.
var paused = automaton.MustCompile(`(?:暂停|停止|中止)[\p{Han}]{0,6}$`)

// ofSomething tells a time to apply from that of what is applied for: 申报2024年7月1日至
// 12月31日期间举办的活动. Nothing but the verb stands before its days, and words go on
// behind them.
func ofSomething(text string, m []int) bool {
	verb, rest := firstRunes(text[m[0]:m[1]], 3), strings.TrimPrefix(text[m[1]:], "期间")
	if r, _ := utf8.DecodeLastRuneInString(verb); r < '0' || r > '9' {
		return false
	}
	return rest != "" && !strings.ContainsAny(firstRunes(rest, 1), ",。;:)\n") && !strings.ContainsAny(lastRunes(text[m[0]:m[1]], 1), ",。;前止")
}
