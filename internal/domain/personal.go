package domain

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Personal is a piece of a text that may tell who somebody is.
type Personal struct {
	Start, End int    // bytes
	Kind       string // 手机号 …
	mask       string
}

// personal finds pieces that look personal, the longer kinds first. What a
// group holds is the piece; without one it is the whole.
var personal = []struct {
	kind, mask string
	at         *regexp.Regexp
}{
	{"身份证号", "【身份证号】", regexp.MustCompile(`[1-9]\d{5}[ -]?(?:19|20)\d{2}[ -]?[01]\d[0-3]\d[ -]?\d{3}[\dXx]|[1-9]\d{14}(?:\d{2}[\dXx])?`)},
	{"统一社会信用代码", "【信用代码】", regexp.MustCompile(`\b[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}\b`)},
	{"银行账号", "【账号】", regexp.MustCompile(`[3-9]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?|[3-9]\d{15,18}`)},
	{"手机号", "【手机号】", regexp.MustCompile(`(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}`)},
	{"电话", "【电话】", regexp.MustCompile(`0\d{2,3}[ -]?\d{7,8}`)},
	{"邮箱", "【邮箱】", regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)},
	{"微信号或QQ号", "【号码】", regexp.MustCompile(`(?i)(?:微信号?|QQ号?|qq)[是为:： ]*([A-Za-z0-9_-]{5,20})`)},
	{"车牌", "【车牌】", regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}`)},
	{"姓名", "某某", regexp.MustCompile(`(?:我叫|我是|本人|名叫|姓名|名字叫|联系人|经办人|户主|法人|老板|儿子|女儿|丈夫|妻子|母亲|父亲|爱人|老公|老婆)[是为叫:： ]{0,2}(` + surnames + `\p{Han}{1,2})(?:[，,。；;、！？!?\s（(\d\x00]|今年|住|家|系|身份|电话|手机|男|女|在|$)`)},
	{"姓名", "某", regexp.MustCompile(`(` + surnames + `\p{Han}{0,2}?)(?:先生|女士|小姐|阿姨|大爷|大妈|师傅|老师|主任|科长|经理|同志)`)},
}

// surnames are the frequent ones.
const surnames = `(?:欧阳|上官|司马|诸葛|夏侯|皇甫|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤俞])`

// FindPersonal returns the pieces of a text that look like the name, a number
// or an address of somebody, in order, none within another. It sees forms, not
// meaning: a person looks at what it leaves.
func FindPersonal(text string) []Personal {
	ascii := halfWidth(text)
	rest := []byte(ascii.text) // without what was found, so that no piece hides another
	var found []Personal
	for _, p := range personal {
		for _, m := range p.at.FindAllSubmatchIndex(rest, -1) {
			start, end := m[0], m[1]
			if len(m) > 2 {
				start, end = m[2], m[3]
			}
			found = append(found, Personal{Start: ascii.at[start], End: ascii.at[end], Kind: p.kind, mask: p.mask})
			clear(rest[start:end])
		}
	}
	slices.SortFunc(found, func(a, b Personal) int { return cmp.Compare(a.Start, b.Start) })
	return found
}

// MaskPersonal puts marks in place of what looks personal, and lists which
// kinds it met.
func MaskPersonal(text string) (masked string, kinds []string) {
	var b strings.Builder
	last := 0
	for _, p := range FindPersonal(text) {
		b.WriteString(text[last:p.Start])
		b.WriteString(p.mask)
		last = p.End
		if !slices.Contains(kinds, p.Kind) {
			kinds = append(kinds, p.Kind)
		}
	}
	b.WriteString(text[last:])
	return b.String(), kinds
}

// folded is a text with the digits and letters of full width made narrow; at
// holds for each byte, and for the end, where it stands in the original.
type folded struct {
	text string
	at   []int
}

func halfWidth(text string) folded {
	var b strings.Builder
	var at []int
	for i, r := range text {
		if r >= '！' && r <= '～' && r != '，' && r != '：' && r != '；' && r != '！' && r != '？' && r != '（' && r != '）' {
			r -= '！' - '!'
		}
		n := b.Len()
		b.WriteRune(r)
		for range b.Len() - n {
			at = append(at, i)
		}
	}
	return folded{b.String(), append(at, len(text))}
}
