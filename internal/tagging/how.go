package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	phone = expression(`(?:电话|热线|咨询|联系方式|联系人|拨打)[^。;\d]{0,16}?(1[3-9]\d{9}|(?:0\d{2,3}[-—–]{0,2} ?)?\d{7,8}|400[-—]?\d{3,4}[-—]?\d{3,4}|0\d{2,3}[-—]{0,2}12\d{3}|1[0-2]\d{3})`)
	plain = automaton.MustCompile(`(?:0\d{2,3}[-—–]{0,2})?\d{7,8}`)
	// brings is what has to be handed in, in a sentence.
	brings = expression(`(?:提供|提交|携带|上传|出具)([^。;,:]{4,80}?(?:材料|资料|证明|证件|原件|复印件|申请表|身份证|户口簿|执照|病历|合同|发票|承诺书))(?:,|。|;|等|的|$)`)
	// online is where something is had without going there.
	online   = expression(`(?:登录|登陆|通过|在|关注|搜索|扫描)([^。;,]{2,40}?(?:APP|小程序|公众号|政务服务网|平台|网站|官网|系统|窗口|二维码|服务大厅|服务中心))`)
	place    = expression(`(?:平台|网站?|APP|小程序|公众号|窗口|大厅|中心|[^\p{Han}]*局|[\p{Han}]所|院|银行|机构|部门|街道|乡镇|村|社区|站|会|门户|系统|邮箱|方式|地|厅|办|海关)$`)
	notPlace = automaton.MustCompile(`(?:无需|不再|不得|不必)[^,。;]{0,20}$|符合|规定的?期|下列|参加|条件`)
	// doesTrade follows where business is done: 通过电子商务平台开展业务.
	doesTrade = automaton.MustCompile(`^等?(?:开展|拓展|开拓|销售|经营|交易|从事|采购)`)
	// now is had without an application, or with a mere word.
	now  = expression(`(?:无需|不需|不用|免于?)(?:再)?(?:提出)?(?:申请|申报|提交)|直接(?:享受|发放|拨付|减免|抵扣)|自行(?:判断|判别|申报)[^。;]{0,6}享受|自动(?:享受|减免|办理|抵扣)|即时办结|主动(?:发放|兑付|减免)`)
	asks = expression(`(?:可|可以|应|应当|须|需)(?:按规定|依法|向[\p{Han}]{2,20})?(?:申请|申报|申领|办理|提出)|由[\p{Han}]{2,8}申请|提出(?:书面)?申请|经[\p{Han}]{2,10}(?:批准|审核|认定)`)
	// promised is a time that an office sets itself.
	promised = expression(`(?:办结|办理|审核|审批|受理|核发|答复|审查|制作发放)[^。;,月]{0,14}?(?:时限|期限|时间)?[^。;,月]{0,6}?(?:为|:|在|自[^。;,]{2,16}起)?(\d{1,3}|[一二三四五六七八九十]{1,3})个?(?:工作日|日|天)(?:内)?|自(?:受理|收到)[^。;,]{0,10}?之日起(\d{1,3}|[一二三四五六七八九十]{1,3})个?(?:工作日|日|天)内`)
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
	if loc := s.loc(online); loc != nil && h.Where == "" && !notPlace.MatchString(s.text[:loc[3]]) && !doesTrade.MatchString(s.text[loc[3]:]) {
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
