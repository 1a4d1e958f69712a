package rules

import (
	_ "embed" // places.txt
	"fmt"
	"strings"
	"unicode/utf8"
)

//go:embed taxonomy/places.txt
var placesText string

// Place is a province, city or county anywhere in the country. Divisions hold
// more about our own province; places tell where a document of another comes
// from.
type Place struct {
	Code   string // six digits
	Name   string // 泰州市
	Full   string // 江苏省泰州市
	Parent *Place // nil for a province
}

// PlaceMention is a name found in a text, [Start, End) in bytes. Several places
// may bear it; Short names (广州) are less sure than full ones.
type PlaceMention struct {
	Start, End int
	Places     []*Place
	Short      bool
}

// places finds names of places.
type places struct {
	byCode map[string]*Place
	byName map[string][]*Place
	short  map[string][]*Place
	said   map[string][]*Place // 高州 for 高州市 of 茂名: only who asks for it means it
	starts map[string]bool     // every beginning of a name
	// pairs has a bit for the first two characters of every name, which
	// others may share. Most that stand beside each other begin none.
	pairs [pairBits / 64]uint64
}

// pairBits is a power of two.
const pairBits = 1 << 16

func pairAt(a, b rune) uint32 { return (uint32(a)*0x9E3779B1 + uint32(b)) * 0x85EBCA6B >> (32 - 16) }

// commonWords are short names of cities that are words too, and names of
// counties that stand in every text.
const commonWords = " 东方 朝阳 来宾 日照 大同 安康 白银 长治 和平 中山 海东 海南 海北 海西 黄南 玉树 城区 郊区 矿区 "

// newPlaces reads taxonomy/places.txt.
func newPlaces(text string) *places {
	p := &places{byCode: map[string]*Place{}, byName: map[string][]*Place{}, short: map[string][]*Place{}, said: map[string][]*Place{}, starts: map[string]bool{}}
	var province, city *Place
	add := func(code, name string, parent *Place) *Place {
		one := &Place{Code: code, Name: name, Full: name, Parent: parent}
		if parent != nil {
			one.Full = parent.Full + name
		}
		p.byCode[code] = one
		if s := saidPlace(name); s != "" {
			p.said[s] = append(p.said[s], one)
		}
		if !strings.Contains(commonWords, " "+name+" ") {
			p.enter(p.byName, name, one)
		}
		if s := shortPlace(name); s != "" && !strings.HasSuffix(name, "县") && !strings.HasSuffix(name, "区") || s != "" && parent == nil {
			if parent == nil || parent.Parent == nil && strings.HasSuffix(code, "00") {
				p.enter(p.short, s, one)
			}
		}
		return one
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 2 || fields[0] == "#":
			continue
		case len(fields[0]) == 2:
			province = add(fields[0]+"0000", fields[1], nil)
			continue
		}
		city = province
		if fields[1] != "-" {
			city = add(fields[0]+"00", fields[1], province)
			if s := withoutPeoples(fields[1], "州"); s != "" {
				p.enter(p.byName, s, city)
				p.enter(p.byName, strings.TrimSuffix(s, "州")+"自治州", city)
			}
		}
		for _, county := range fields[2:] { // towns, where a city has no counties, with five digits
			name := strings.TrimLeft(county, "0123456789")
			place := add(fields[0]+strings.TrimSuffix(county, name), name, city)
			if old := formerCounty(name); old != "" {
				p.enter(p.byName, old, &Place{Code: place.Code, Name: old, Full: city.Full + old, Parent: city})
			}
			if old, ok := strings.CutSuffix(name, "区"); ok && strings.Contains(formerCities, " "+place.Code+old+" ") {
				p.enter(p.byName, old+"市", &Place{Code: place.Code, Name: old + "市", Full: city.Full + old + "市", Parent: city})
			}
			if s := withoutPeoples(name, "县"); s != "" {
				p.enter(p.byName, s, place)
			}
		}
	}
	for name, code := range formerNames {
		if place := p.byCode[code]; place != nil {
			p.enter(p.byName, name, place)
		}
	}
	return p
}

func (p *places) enter(table map[string][]*Place, name string, one *Place) {
	table[name] = append(table[name], one)
	for i := range name {
		if i > 0 {
			p.starts[name[:i]] = true
		}
	}
	p.starts[name] = true
	first, size := utf8.DecodeRuneInString(name)
	second, _ := utf8.DecodeRuneInString(name[size:]) // every name has two characters
	at := pairAt(first, second)
	p.pairs[at>>6] |= 1 << (at & 63)
}

// CityBy is the only city of a province whose name begins with a character, as do the
// numbers of its documents, or nil.
func (r *Rules) CityBy(province *Place, first string) *Place {
	var only *Place
	for i := 1; i < 100; i++ {
		city := r.Place(fmt.Sprintf("%s%02d00", province.Code[:2], i))
		switch {
		case city == nil || !strings.HasPrefix(city.Name, first):
		case only != nil:
			return nil
		default:
			only = city
		}
	}
	return only
}

// formerCities are the districts, with their codes, that were cities by the same name in
// this century, of which documents of that time speak.
const formerCities = " 330109萧山 330110余杭 330111富阳 330112临安 330213奉化 330604上虞 440118增城 440117从化 320509吴江 320612通州 320614海门 321012江都 321204姜堰 " +
	"370114章丘 370215即墨 370116莱芜 210214普兰店 350112长乐 440605南海 440606顺德 440607三水 440608高明 440113番禺 440705新会 230112阿城 230113双城 220113九台 130109藁城 130110鹿泉 "

// formerNames are cities that have another name since, by the code of what they are now.
var formerNames = map[string]string{"襄樊市": "420600", "思茅市": "530800", "大庸市": "430800", "胶南市": "370211"}

// formerCounty is what a district was called while it was a county: 湟中县 for
// 湟中区, 沙县 for 沙县区; "" for names of one character.
func formerCounty(name string) string {
	s, ok := strings.CutSuffix(name, "区")
	switch {
	case !ok || utf8.RuneCountInString(s) < 2 || strings.Contains(s, "自治") || strings.HasSuffix(s, "新"):
		return ""
	case strings.HasSuffix(s, "县"):
		return s
	}
	return s + "县"
}

// peoples are those whose autonomous counties and prefectures bear their names.
const peoples = "满 蒙古 回 苗 彝 壮 布依 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 拉祜 水 东乡 纳西 景颇 土 仫佬 羌 布朗 撒拉 毛南 仡佬 普米 怒 裕固 独龙 朝鲜 藏 保安 达斡尔 柯尔克孜 塔吉克 锡伯 各"

// withoutPeoples is what an autonomous county or prefecture is called for short: 禄劝县 for
// 禄劝彝族苗族自治县, 楚雄州 for 楚雄彝族自治州; "" for others.
func withoutPeoples(name, level string) string {
	s, ok := strings.CutSuffix(name, "自治"+level)
	if !ok {
		return ""
	}
	for cut := true; cut; {
		cut = false
		for people := range strings.FieldsSeq(peoples) {
			rest, ok := strings.CutSuffix(s, people+"族")
			if !ok && people == "哈萨克" || !ok && people == "柯尔克孜" || !ok && people == "蒙古" || !ok && people == "锡伯" || !ok && people == "塔吉克" {
				rest, ok = strings.CutSuffix(s, people)
			}
			if ok && utf8.RuneCountInString(rest) >= 2 {
				s, cut = rest, true
				break
			}
		}
	}
	if utf8.RuneCountInString(s) < 2 || s+"自治"+level == name {
		return ""
	}
	return s + level
}

// shortPlace is the name as people say it: 广州, 内蒙古; "" where it is the same.
func shortPlace(name string) string {
	for _, suffix := range []string{"维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "特别行政区", "省", "市"} {
		if s, ok := strings.CutSuffix(name, suffix); ok && utf8.RuneCountInString(s) >= 2 && !strings.Contains(commonWords, " "+s+" ") {
			return s
		}
	}
	return ""
}

// everydayWords are names of places that more often mean something else.
const everydayWords = " 资源 合作 和平 比如 南部 解放 前进 港口 公安 友好 共和 城中 友谊 平安 中方 安定 延长 光明 新兴 运河 东风 红旗 南岸 城北 城区 郊区 矿区 " +
	"会同 大名 富裕 清水 高明 前锋 复兴 长子 清新 宏伟 平定 温泉 振兴 三元 新华 小店 民权 宝塔 灯塔 安居 回民 富民 惠民 爱民 惠农 康乐 新民 兴业 老城 " +
	"开化 博爱 同心 平房 民乐 江岸 市北 市南 响水 大方 通道 新建 东方 朝阳 白银 来宾 日照 大同 安康 长治 天元 路南 路北 永年 新区 "

// saidPlace is what people call a place of any level; "" where that is its
// name, too short or a word of every day.
func saidPlace(name string) string {
	for _, level := range []string{"县", "州", "旗"} {
		if s := withoutPeoples(name, level); s != "" {
			name = s
			break
		}
	}
	for _, suffix := range []string{"自治区", "地区", "省", "市", "县", "区", "州", "盟", "旗"} {
		if s, ok := strings.CutSuffix(name, suffix); ok && utf8.RuneCountInString(s) >= 2 && !strings.Contains(everydayWords, " "+s+" ") {
			return s
		}
	}
	return ""
}

// PlacesSaid returns the places that a question may mean by the names in it as
// people say them, 高州 for 高州市. Such a name may be part of other words, and
// several places may bear it: what is of another place is not wrong for it.
func (r *Rules) PlacesSaid(text string) []*Place {
	var out []*Place
	for i := range text {
		end := i
		for n := 0; n < longestSaid && end < len(text); n++ {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
			out = append(out, r.places.said[text[i:end]]...)
		}
	}
	return out
}

// longestSaid is the longest such name, in characters.
const longestSaid = 5

// PlacesIn returns the names of places in a text in their order; of names that
// begin at one place the longest counts.
func (r *Rules) PlacesIn(text string) []PlaceMention {
	p := r.places
	var out []PlaceMention
	for i := 0; i < len(text); {
		first, size := utf8.DecodeRuneInString(text[i:])
		second, _ := utf8.DecodeRuneInString(text[i+size:])
		if at := pairAt(first, second); p.pairs[at>>6]&(1<<(at&63)) == 0 {
			i += size
			continue
		}
		if n := noPlace(text, i); n > 0 {
			i += n
			continue
		}
		end, best := 0, PlaceMention{}
		for j := i; j < len(text); {
			_, n := utf8.DecodeRuneInString(text[j:])
			j += n
			piece := text[i:j]
			if !p.starts[piece] {
				break
			}
			if list := p.byName[piece]; list != nil {
				end, best = j, PlaceMention{i, j, list, false}
			} else if list := p.short[piece]; list != nil {
				end, best = j, PlaceMention{i, j, list, true}
			}
		}
		if end > 0 {
			out = append(out, best)
			i = end
			continue
		}
		i += size
	}
	return out
}

// verbs are names of counties that are verbs behind these characters: 县教育局会同县财政局,
// 责成县教育局.
var verbs = []struct{ name, behind string }{{"会同", "局委厅办部门室院会府应须将要当关"}, {"成县", "责"}}

// noPlace is how much of a text at i is such a verb, 0 for none.
func noPlace(text string, i int) int {
	for _, v := range verbs {
		if strings.HasPrefix(text[i:], v.name) {
			if last, _ := utf8.DecodeLastRuneInString(text[:i]); strings.ContainsRune(v.behind, last) {
				return len(v.name)
			}
		}
	}
	return 0
}

// Place returns the place with a code of six digits, or nil.
func (r *Rules) Place(code string) *Place { return r.places.byCode[code] }
