package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// signIn signs an operator in to the console.
func (j *journey) signIn(login, password string) *browser {
	j.t.Helper()
	b := newBrowser(j.t, j.in.url)
	return b.open("/console").says("登录").send("/console/login", fill{"login": {login}, "password": {password}}).says("工作台")
}

var policyLink = regexp.MustCompile(`^/console/policies/(\d+)`)

// importAll imports the documents of testdata with two files that cannot be
// read, and the text that a colleague sends along when there is one. It returns
// the policies by the names of their files.
func (j *journey) importAll() map[string]string {
	j.t.Helper()
	files := []upload{document(j.t, "canyin.docx"), document(j.t, "qunuan.html"), document(j.t, "shebei.txt")}
	if text, err := os.ReadFile(filepath.Join(root, "..", "shared", "seed.txt")); err == nil {
		files = append(files, upload{"files", "seed.txt", text})
	}
	wanted := len(files)
	files = append(files, upload{"files", "locked.pdf", encryptedPDF()}, upload{"files", "empty.txt", nil})
	j.draft.open("/console/import").send("/console/import", nil, files...)
	j.draft.says("locked.pdf", "PDF加了密码", "empty.txt", "文件是空的")
	policies := map[string]string{}
	for _, f := range files[:wanted] {
		title := map[string]string{"canyin.docx": "餐饮业小微企业经营补贴", "qunuan.html": "冬季取暖补贴", "shebei.txt": "设备更新补助", "seed.txt": "政务公开标准化规范化"}[f.name]
		policies[f.name] = j.policyCalled(title)
	}
	return policies
}

// policyCalled finds a policy in the console's list by words of its title.
func (j *journey) policyCalled(words string) string {
	j.t.Helper()
	m := policyLink.FindStringSubmatch(j.draft.open("/console/policies").says(words).href(words))
	if m == nil {
		j.t.Fatalf("《%s》 links to no policy on %s", words, j.draft.at)
	}
	return m[1]
}

// release takes a policy through the hands of two people and publishes it. It
// returns the address of the push.
func (j *journey) release(policy string, possible bool) string {
	j.t.Helper()
	page := "/console/policies/" + policy + "/release"
	j.draft.open(page).send("/submit", nil).says("已提交审批")
	if j.draft.offers("/approve") {
		j.t.Error("the drafter is offered to approve their own policy")
	}
	if j.approve.open(page).offers("/publish") {
		j.t.Error("a policy can be published before it is approved")
	}
	j.approve.send("/approve", nil).says("已审批通过")
	in := fill{}
	j.draft.open(page).says("待发布")
	if j.draft.asks("possible") { // not where nobody is told
		in["possible"] = map[bool][]string{true: {"yes"}}[possible]
	}
	if j.draft.asks("reason") {
		in["reason"] = []string{"内容简单，文件本身已写明"}
	}
	j.draft.send("/publish", in).says("已发布")
	if !strings.HasPrefix(j.draft.at.Path, "/console/pushes/") {
		j.t.Fatalf("publishing leads to %s", j.draft.at)
	}
	return j.draft.at.Path
}

// counts are the messages of a push, by channel and state as the console calls
// them: "短信 已送达".
type counts map[string]int

// becomes waits until the console shows these counts of a push, and no other,
// in its list and under its channels: a page reads the one after the
// other, and a receipt may come between. people is how many see it in their
// inbox.
func (j *journey) becomes(push string, people int, want counts) {
	j.t.Helper()
	var got counts
	var differs string
	await(j.t, func() string {
		return fmt.Sprintf("%s has %v and not %v %s\n%s", push, got, want, differs, j.in.logged())
	}, func() bool {
		got = j.countsOf(push)
		differs = j.difference(push, want)
		return maps.Equal(got, want) && differs == ""
	})
	j.draft.says(fmt.Sprintf("目标%d个主体", people))
}

// countsOf counts the deliveries that the console lists.
func (j *journey) countsOf(push string) counts {
	j.t.Helper()
	got := counts{}
	for _, row := range j.draft.open(push).says().list("dlist") {
		channel, _, _ := strings.Cut(row.one("muted"), " ")
		got[channel+" "+row.one("tag")]++
	}
	return got
}

// difference says where what stands under the channels is not what the list
// should be, or "".
func (j *journey) difference(push string, want counts) string {
	j.t.Helper()
	sums := map[string]int{}
	for what, n := range want {
		channel, _, _ := strings.Cut(what, " ")
		sums[channel] += n
	}
	for _, channel := range j.draft.list("chans") {
		name, shown := channel.heading(), channel.terms()
		if name == "站内消息" { // people, not messages
			continue
		}
		for what, n := range map[string]int{"计划": sums[name], "送达": want[name+" 已送达"], "失败": want[name+" 失败"], "未发送": want[name+" 未发送"]} {
			unknowable := what == "送达" && n == 0 && strings.HasPrefix(shown[what], "—")
			if shown[what] != strconv.Itoa(n) && !unknowable {
				return fmt.Sprintf("%s: under %s stands %s %s, it should be %d", push, name, what, shown[what], n)
			}
		}
		delete(sums, name)
	}
	if len(sums) > 0 {
		return fmt.Sprintf("%s shows no channel of %v", push, sums)
	}
	return ""
}

// addresses of testdata, by profile.
const (
	microPhone    = "13900300001"
	smallMail     = "e-small@yunchuan.example"
	countyPhone   = "13900300005"
	countyMail    = "e-county@yunchuan.example"
	nosizeMail    = "e-nosize@yunchuan.example"
	permMail      = "perm-e-perm@yunchuan.example"
	hotelPhone    = "13900300006"
	refusedPhone  = "19900300031"
	gonePhone     = "19910300032"
	abovePhone    = "13900300011"
	aboveMail     = "bounce-m-above@yunchuan.example"
	elderPhone    = "13900300021"
	elderMail     = "r-91@yunchuan.example"
	unsettledMail = "m-unknown@yunchuan.example"
)

// got checks how often addresses were told about something. What a gateway
// prints is read a moment after its answer.
func (j *journey) got(about string, want map[string]int) {
	j.t.Helper()
	for _, address := range slices.Sorted(maps.Keys(want)) {
		await(j.t, func() string { return fmt.Sprintf("%s is told about %s: %q", address, about, j.messages(address)) },
			func() bool { return j.told(address, about) >= want[address] })
		if n := j.told(address, about); n != want[address] {
			j.t.Errorf("%s was told %d times about %s, want %d: %q", address, n, about, want[address], j.messages(address))
		}
	}
}

// caterers: the small and micro caterers of one town, and those who may be.
func (j *journey) caterers(policy string) {
	j.t.Helper()
	push := j.release(policy, true)
	j.becomes(push, 7, counts{
		"短信 已送达": 2, "短信 失败": 2, "电子邮件 网关已接收": 2, "电子邮件 失败": 1, "电子邮件 待发送": 1,
	})
	j.got("餐饮", map[string]int{microPhone: 1, smallMail: 1, countyPhone: 1, countyMail: 1, nosizeMail: 0, permMail: 0, hotelPhone: 0})
	for _, m := range j.messages(microPhone) {
		if !strings.HasPrefix(m, "【云川政策】") || !strings.Contains(m, "退订") {
			j.t.Errorf("the text message is %q", m)
		}
	}
	j.suppressed("E-perm", "号码或邮箱无效")
	j.suppressed("E-refused", "号码或邮箱无效")
	j.reader(microPhone).says("餐饮业小微企业经营补贴", "适用可能性高").silent("取暖", "设备更新", "标准化规范化").
		follow("餐饮业小微企业经营补贴").says("为什么推给您", "沙渡镇", "以主管部门审核为准").silent("您符合")
	j.reader(hotelPhone).says("还没有消息").silent("餐饮业")
}

// elders: residents of eighty and more with a hukou of the county. Those of
// whom it is not known see it in their inbox only if the push includes them.
func (j *journey) elders(policy string) {
	j.t.Helper()
	push := j.release(policy, false)
	j.becomes(push, 2, counts{"短信 已送达": 1, "电子邮件 网关已接收": 1})
	j.got("取暖", map[string]int{elderPhone: 1, elderMail: 1, microPhone: 0, smallMail: 0})
	j.reader(elderPhone).says("冬季取暖补贴").silent("餐饮业", "标准化规范化")
}

// manufacturers: one is above the line, and its mail comes back.
func (j *journey) manufacturers(policy string) {
	j.t.Helper()
	push := j.release(policy, false)
	j.becomes(push, 1, counts{"短信 已送达": 1, "电子邮件 失败": 1})
	j.got("设备更新|200万元", map[string]int{abovePhone: 1, aboveMail: 1, unsettledMail: 0})
	j.suppressed("M-above", "号码或邮箱无效")
}

// internal: work inside government is told to nobody, whatever an officer adds
// to it.
func (j *journey) internal(policy string) {
	j.t.Helper()
	j.draft.open("/console/policies/"+policy+"/release").says("政府内部", "不推送")
	j.draft.send("/submit", nil).refuses("政策点")
	j.draft.open("/console/policies/"+policy+"/measures").send("/measures", nil).says("没有条件")
	push := j.release(policy, true)
	await(j.t, func() string { return "the push to nobody does not end:\n" + j.draft.text() }, func() bool {
		return strings.Contains(j.draft.open(push).says().text(), "已完成")
	})
	j.draft.says("目标0个主体", "没有外发消息")
}

// suppressed checks that the console shows an address of a subscriber as not
// used any more, with the reason.
func (j *journey) suppressed(profile, why string) {
	j.t.Helper()
	var page string
	await(j.t, func() string { return fmt.Sprintf("%s is not shown as stopped for “%s”:\n%s", profile, why, page) }, func() bool {
		b := j.approve.open("/console/subscribers?q=" + profile).says(profile)
		page = b.open(b.hrefTo("/console/subscribers/")).says(profile).text()
		return strings.Contains(page, "停用："+why)
	})
}

// inUse checks that no address of a subscriber is shown as stopped.
func (j *journey) inUse(profile string) {
	j.t.Helper()
	b := j.approve.open("/console/subscribers?q=" + profile).says(profile)
	b.open(b.hrefTo("/console/subscribers/")).says(profile, "可用").silent("停用")
}

// stops: one replies to the text message, another's mail program posts the
// link.
func (j *journey) stops() {
	j.t.Helper()
	j.kannel.Reply(j.t, microPhone, "退订")
	j.suppressed("E-micro", "本人已退订")
	m := j.mailTo(smallMail, "餐饮")
	newBrowser(j.t, j.in.url).open(linkToStop(j.t, m)).says("确认退订") // programs that scan mails open links
	j.inUse("E-small")
	j.oneClick(m)
	j.suppressed("E-small", "本人已退订")
}

// caterersAgain: who said 退订, or cannot be reached, is left alone.
func (j *journey) caterersAgain() {
	j.t.Helper()
	text := moveYears(`云川县沙渡镇人民政府文件

沙政发〔2026〕6号

云川县沙渡镇人民政府关于发放餐饮业小微企业燃气报警装置补贴的通知

各有关经营单位：

一、对在沙渡镇注册登记的餐饮业小型企业和微型企业安装燃气报警装置的，给予一次性800元补贴。

二、符合条件的单位到沙渡镇便民服务中心申请，申请时间至2027年6月30日止。

三、本通知自2026年12月1日起施行，有效期至2027年12月31日。

云川县沙渡镇人民政府
2026年11月20日
`)
	j.draft.open("/console/import").send("/console/import", fill{"text": {text}}).says("燃气报警装置")
	push := j.release(j.policyCalled("燃气报警装置"), true)
	j.becomes(push, 7, counts{
		"短信 已送达": 1, "短信 未发送": 2, "短信 失败": 1, "电子邮件 网关已接收": 1, "电子邮件 未发送": 2, "电子邮件 待发送": 1,
	})
	j.got("燃气|800元", map[string]int{microPhone: 0, smallMail: 0, permMail: 0, countyPhone: 1, countyMail: 1, nosizeMail: 0})
	if n := len(slices.DeleteFunc(j.kannel.Refused(), func(to string) bool { return to != refusedPhone })); n != 1 {
		j.t.Errorf("the refused number was sent to %d times", n)
	}
}

// nobodyElse: whoever no policy concerns got nothing on any channel.
func (j *journey) nobodyElse() {
	j.t.Helper()
	known := []string{microPhone, smallMail, countyPhone, countyMail, abovePhone, aboveMail, elderPhone, elderMail}
	for _, m := range j.kannel.Received(j.t) {
		if !slices.Contains(known, m.To) && !strings.Contains(m.Text, "验证码") {
			j.t.Errorf("%s got %q", m.To, m.Text)
		}
	}
	for _, m := range j.smtp.Mails(j.t) {
		for _, to := range m.To {
			if !slices.Contains(known, to) && !strings.Contains(m.Text, "验证码") {
				j.t.Errorf("%s got %q", to, m.Subject)
			}
		}
	}
	for _, to := range j.kannel.Refused() {
		if to != refusedPhone && to != gonePhone {
			j.t.Errorf("the second centre was asked for %s", to)
		}
	}
}
