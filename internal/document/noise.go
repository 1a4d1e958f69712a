package document

import (
	"strings"

	"policypush/internal/automaton"
)

// noise is what web pages put around a text.
var noise = automaton.MustCompile(`^(?:` + strings.Join([]string{
	`[您你我]?(?:的|现在的|现在所在的|当前的|当前|现在)?位置[:>].*`,
	`(?i:you are here)[: ].*`,
	`(?:首页|网站首页)(?:[>»/|\-].*)?`,
	`[【\[(]?(?:字体|字号|字体大小)[:].{0,20}`,
	`[【\[(]?(?:打印|打印本页|打印页面|我要打印|关闭|关闭窗口|关闭本页|收藏|返回|返回顶部|返回首页|返回列表|顶部)[】\])]?(?:[|/【\[(]?(?:打印|关闭|收藏|分享|返回|窗口|本页|关闭窗口)[】\])]?)*`,
	`[-·•]{0,3}(?:上一篇|下一篇|上一条|下一条)(?:文章|新闻)?[:]?.*`,
	`(?:微信)?扫一?[扫描].{0,30}`,
	`(?:浏览|访问|点击|阅读)(?:次数|量|数)?[:]?\d*次?`,
	`(?:无障碍(?:浏览|阅读)?|长者(?:模式|版|专区)|关怀版|繁体(?:版|中文)?|简体(?:版|中文)?|登录|注册|搜索|网站地图|联系我们|关于我们|版权声明|隐私声明|网站声明|帮助|RSS|English)(?:[|/]?(?:无障碍|长者模式|繁体|简体|登录|注册|搜索|网站地图|联系我们|关于我们|版权声明|隐私声明|网站声明|帮助|RSS|English|设为首页|加入收藏))*`,
	`登[录陆][|/ ]{0,3}注册`,
	`马上注册[,!].{0,40}|您需要 ?登录 ?才可以.{0,40}`, // what a forum asks of its readers
	`(?:展开|收缩)通版|[\p{Han}]{2,8}请点击:|当前版:.{0,12}|(?:发布|更新)(?:日期|时间):`,
	`关注[·|].{0,20}`,
	`欢迎(?:来到|访问|光临|您)[^。]{2,40}网站?[!,。]今天是[:]?.{0,40}`,
	`今天是[:]?\d{4}年[^。]{0,120}`,
	`(?:网站|本站)公告[:][^。]{0,80}`,
	`[\p{Han}]{2,10}(?:APP|App|app|公众号|客户端)`,
	`(?i:加入vip|vip)?[\p{Han}]{0,4}下载 ?(?:立即下载|地址)?|(?i:加入vip|开通vip)[^。]{0,30}`,
	`(?:语音)?(?:朗读|播报|收听)`,
	`(?:相关|关联)(?:链接|阅读|文章|新闻|推荐)[:]?`,
	`(?:快)?转发给需要的人.?`,
	`(?:file|https?)://\S+ ?\d{1,3}/\d{1,3}`,                                       // a browser's foot of a printed page
	`\d{1,4}/\d{1,2}/\d{1,4},? ?(?:[上下]午)?\d{1,2}:\d{2}(?: ?[AP]M)?(?:[^。]{0,80})`, // and its head
	`[-—–_=*·.~+|/\\<>#]+`,
}, "|") + `)$`)

// noiseAround is noise with other words before it. One of noiseWords is in it, which most
// lines hold none of: they are found sooner than that there is none of it.
var (
	noiseAround = automaton.MustCompile(`^(?:` + strings.Join([]string{
		`.{0,20}(?:分享到|分享至)[:]?.{0,40}`,
		`[^。:]{0,20}(?:,|^)关注[^。:]{2,20}(?:微信|微博|公众号|客户端)`,
		`.{0,60}(?:ICP备|公网安备|网安备|网站标识码|版权所有|(?i:copyright)|建议使用.{0,20}浏览器).{0,80}`,
	}, "|") + `)$`)
	noiseWords = automaton.MustCompile(`分享[到至]|关注|ICP备|网安备|网站标识码|版权所有|(?i:copyright)|建议使用`)
)

// isNoise tells whether a line belongs to the page, not the text.
func isNoise(s string) bool {
	return noise.MatchString(s) || noiseWords.MatchString(s) && noiseAround.MatchString(s)
}

// fontSizes is what pages put behind a title.
var fontSizes = automaton.MustCompile(` ?扫一?[扫描][^。;]{0,8}(?:打开|查看)[^。;]{0,8}$| ?[【\[(]?(?:字号|字体)[: ]*(?:(?:大号?|标准|中号?|小号?)[ ]?)+[】\])]?$`)

// around is how many lines from either end may belong to the page, not the text.
const around = 40

// repealNote is what collections of law put before a text that holds no more.
var repealNote = automaton.MustCompile(`^(?:\*? ?注|备注):本(?:篇|件)?(?:法规|文件)已(?:于[\d年月日]{4,12})?被:?(?:[^()。《》]{4,80}\([^()]{6,60}\)|《[^《》]{4,80}(?:\([^()]{2,20}\))?[^《》]{0,20}》)(?:废止|失效|修[改订正])(?:[,。](?:自[^。]{2,30}[。])?)?`)

func dropNoise(lines []line) []line {
	kept := lines[:0]
	way := 0 // steps of a way to the page that stand before
	for i, l := range lines {
		edge := i < around || i >= len(lines)-around
		if n := numberOf(l.text); i < around && n.rank == rankThird && n.value == way+1 && columns(l.text) <= shortest && (way > 0 || strings.HasSuffix(l.text, "首页")) {
			way++
			continue
		}
		way = 0
		if m := pageField.FindStringSubmatchIndex(l.text); m != nil && edge { // 4.[实施日期]2026-03-01
			if m[4] == len(l.text) {
				continue
			}
			l.skip += m[3]
			l.text = l.text[m[3]:]
		}
		if m := repealNote.FindStringIndex(l.text); m != nil {
			l.skip += m[1]
			if l.text = l.text[m[1]:]; l.text == "" {
				continue
			}
		}
		if l.style != tableLine && edge && len(l.text) <= 300 {
			l.text = fontSizes.ReplaceAllString(l.text, "")
			if l.text == "" || isNoise(l.text) {
				continue
			}
			if crumbs.MatchString(l.text) && siteParts.MatchString(l.text) {
				office := strings.TrimRight(l.text[:strings.IndexAny(l.text, ">»›")], " ")
				if !officeEnd.MatchString(office) {
					continue
				}
				l.text = office // whose site it is
			}
		}
		kept = append(kept, l)
	}
	return kept
}

// pageField is one of a page's numbered facts about a document, which are no headings.
var pageField = automaton.MustCompile(`^(\d{1,2}\.)\[[\p{Han}]{2,8}\](.*)$`)

// crumbs is the way to a page from the first of its site: 某某局 > 政务公开 >
// 通知公告. One of siteParts is in it, which tells it from 申请 > 受理 > 发放.
var (
	crumbs    = automaton.MustCompile(`^[\p{Han}A-Za-z()“”、· \-]{2,40}(?:[>»›]{1,2}[\p{Han}A-Za-z\d()“”、· \-]{1,40}){1,8}[>»›]{0,2}$`)
	siteParts = automaton.MustCompile(`公开|政策|文件|主页|首页|门户|政府网|规章|公告|解读|专栏|专题|互动|正文|新闻|要闻|办事|信息|法规`)
	officeEnd = automaton.MustCompile(`(?:局|厅|委员会|联合会|管委会)$`)
)

var footer = automaton.MustCompile(`^(?:主办|承办|主管|协办|维护|技术支持|运维|地址|邮编|邮政编码|传真|网站管理|责任编辑|编辑|审核)(?:单位|电话)?[:].{0,60}$`)

// dropFooter removes the lines at the end of a page that say who runs it.
func dropFooter(lines []line) []line {
	end := len(lines)
	for end > 1 && len(lines)-end < 8 && len(lines[end-1].text) <= 300 && (footer.MatchString(lines[end-1].text) || isNoise(lines[end-1].text)) {
		end--
	}
	if len(lines)-end < 2 { // one such line may belong to the text
		return lines
	}
	return lines[:end]
}
