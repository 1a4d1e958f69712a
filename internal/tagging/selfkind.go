package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	// news is how a paper tells of a policy.
	news = automaton.MustCompile(`记者|本报讯|[日网]讯|\d日电|获悉|据悉|据了解|^据[^。\n]{4,40}消息|[\p{Han}]网消息|该[省市县区](?:将|聚焦|还|对|积极|出台)|(?:(?:近日|日前),?|\d日,)[\p{Han}、]{0,100}?(?:印发|发布|启动|出台|公布|下发)了?`)
	// chatty is how the page of an office speaks to its readers.
	chatty = automaton.MustCompile(`快来|看看|小编|一起来|往下看|↓↓`)
	// reported is how a report of a paper or an agency begins.
	reported = automaton.MustCompile(`^(?:新华社|中新[网社]|人民网|央视网|本报|[\p{Han}]{2,8}(?:日报|晚报|时报))[\p{Han}]{0,8}(?:\d{1,2}月\d{1,2}日)?[\p{Han}]{0,3}[电讯][ (,]|^[\p{Han}]{2,12}[报网]讯[ (,]|^据[^。\n]{4,40}消息,`)
)

// ownName is what a text that has lost its title calls itself.
var ownName = automaton.MustCompile(`(?:制定|提出)(?:如下|以下)[\p{Han}]{0,4}(意见|措施)|作出(?:如下|以下)(决定)|发布(?:如下|以下)[\p{Han}]{0,4}(令)|(?:特此|(?:有关)?(?:事项|事宜|问题|工作|要求|情况|规定|内容|意见)[\p{Han}]{0,6}|本|现|具体)(通知|公告|通告|批复|函复|函告|决定|意见|请示)(?:如下|[。,\n]|自)|自本(通知|公告|通告|决定|意见)(?:发布|公布|印发)之日|现将[^。;\n]{2,40}予以(公告|通告)[。,]`)

// ownKinds are the kinds by what texts call themselves.
var ownKinds = map[string]string{
	"通知": kindNotice, "公告": kindAnnouncement, "通告": kindPublicNotice, "批复": kindApproval, "函复": kindLetter, "函告": kindLetter,
	"决定": kindDecision, "意见": kindOpinions, "措施": kindOpinions, "请示": kindReport, "令": kindOrder,
}

// own is the kind that a text calls itself, "" if it does not say.
func own(text string) string {
	m := ownName.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return ownKinds[strings.Join(m[1:], "")]
}

var (
	// draft and opinions stand together where people are asked what they think of one.
	draft    = automaton.MustCompile(`草案|征求意见稿|征求意见期|意见征求期|修订稿|提出意见|征求意见的?(?:时间|期限)|意见反馈|反馈意见`)
	opinions = automaton.MustCompile(`(?:公开|广泛|面向社会|向社会|现)[^。;\n]{0,12}(?:征求|听取|征集)`)
	// toMember begins an answer to a member of a congress or a conference.
	toMember = automaton.MustCompile(`(?:^|\n)[^\n。]{2,80}(?:委员|代表):\n[^\n]{0,200}答复如下|(?:代表|委员)提出的《[^》\n]{4,80}》[^。\n]{0,20}收悉`)
	// explains is how what explains a policy is divided.
	explains = automaton.MustCompile(`(?:^|\n)一、(?:起草|制定|出台|政策|文件)[\p{Han}]{0,4}(?:背景|依据|目的)`)
	// listsNames is what a text that shows a list of names says.
	listsNames = automaton.MustCompile(`[予以进行]{2}公示|公示如下|公示期|名单予以公布`)
	// passedOn is what a notice says of what it passes on, passed what stands over a
	// statute of a place.
	passedOn = automaton.MustCompile(`现将[^。]{4,160}(?:转发|印发)给你们|现将《[^。]{4,160}予以公布,并就|》已经?[^。《》]{2,60}(?:同意|通过|批准),现(?:予以?)?(?:印发|转发)`)
	passed   = automaton.MustCompile(`(?:^|\n)[(于]{0,2}\d{4}年\d{1,2}月\d{1,2}日[\p{Han}]{2,12}(?:省|市|州|县|自治区)[^。\n]{0,12}人民代表大会[^。\n]{0,40}(?:通过|批准)|(?:^|\n)于\d{4}年\d{1,2}月\d{1,2}日(?:自治州|自治县|市|省)[^。\n]{0,12}人民代表大会[^。\n]{0,40}通过`)
	// makesRules is what the first article of rules says that they are.
	makesRules = automaton.MustCompile(`(?:^|\n)第一条[^\n]{0,300}(?:制定|制订)本(实施细则|实施办法|管理办法|办法|规定|细则|规程|方案)。`)
	// statesItems is how articles begin.
	statesItems = automaton.MustCompile(`(?:^|\n)第[一二三四五六七八九十百]+条`)
	// resolves is how the measures of an office begin: 为…,根据…,结合云川实际,决定实施….
	resolves = automaton.MustCompile(`^(?:为|根据|按照)[^。\n]{10,400}(?:决定实施|(?:制定|提出|出台)(?:本|以下|如下|若干)?[\p{Han}]{0,4}(?:措施|政策|意见))`)
	// tellsOfItself is how an office begins to tell what it did in a year, or what it spends.
	tellsOfItself = automaton.MustCompile(`(?:^|\n)(?:[^。\n]{0,120}[,。])?(?:我[局委厅办院镇乡县区市]|我们)[^。\n]{0,40}(?:共(?:办理|受理|承办|办结)|完成情况)|(?:^|\n)第一部分 ?(?:部门|单位)概况\n`)
	// namedLine is a title that goes on with what it says: 2026年小学入学报名公告:.
	namedLine = automaton.MustCompile(`^[^。,:《》]{6,60}(公告|通告|通知):$`)
	// namesPart is a line that announces a part of a text and nobody that it is written to.
	namesPart = automaton.MustCompile(`(?:条件|材料|流程|标准|对象|范围|方式|时间|地点|依据|程序|内容):$`)
)

// asksOpinions tells whether a text shows a draft and asks what people think of it.
func asksOpinions(text string) bool { return draft.MatchString(text) && opinions.MatchString(text) }

// selfKind is the kind of a text without a title: what it calls itself, else a
// notice if it is addressed or signed, else a piece of news if it speaks as one.
func selfKind(p *domain.Policy) string {
	opening := firstRunes(p.Text, 1000)
	first := firstRunes(opening, 400)
	switch {
	case asksOpinions(opening):
		return kindDraft
	case toMember.MatchString(first):
		return kindLetter
	case explains.MatchString(first):
		return kindInterpretation
	case listsNames.MatchString(p.Text):
		return kindNames
	case tellsOfItself.MatchString(opening):
		return kindReport
	case reported.MatchString(opening):
		return kindInterpretation
	case passedOn.MatchString(opening):
		return kindNotice
	case passed.MatchString(firstRunes(opening, 300)):
		return kindLocalLaw
	}
	if kind := own(p.Text); kind != "" {
		return kind
	}
	head := headClauses(p)
	for _, c := range head {
		if m := namedLine.FindStringSubmatch(c.Text); m != nil {
			return ownKinds[m[1]]
		}
	}
	switch {
	case slices.ContainsFunc(head, func(c domain.Clause) bool { return strings.HasSuffix(c.Text, ":") && !namesPart.MatchString(c.Text) }), signed(p):
		return kindNotice
	case news.MatchString(firstRunes(p.Text, 2000)):
		return kindInterpretation
	case resolves.MatchString(opening):
		return kindOpinions
	}
	if m := makesRules.FindStringSubmatch(opening); m != nil {
		switch {
		case strings.HasSuffix(m[1], "细则"), m[1] == "规程":
			return kindGuide
		case everyProvince.MatchString(p.Text):
			return kindMinistryRules // a ministry makes rules for all of the country
		}
		return kindRules
	}
	if statesItems.MatchString(p.Text) {
		return kindRules
	}
	return kindInterpretation // written to nobody, signed by nobody
}
