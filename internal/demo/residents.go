package demo

import (
	"fmt"
	"strconv"
	"time"

	"policypush/internal/domain"
)

// Residents is how many residents the county's service has.
const Residents = 8000

// residents makes the residents of the county, the same ones every time. They
// give no names; many give a year of birth only, and some nothing at all.
func residents(now time.Time) []*domain.Subscriber {
	d := newDraws(2)
	subs := []*domain.Subscriber{aunt(now)}
	for i := 2; i <= Residents; i++ {
		subs = append(subs, resident(d, i, now))
	}
	return subs
}

// aunt is the resident that the tour shows.
func aunt(now time.Time) *domain.Subscriber {
	return &domain.Subscriber{
		ExternalID: "demo-R000001", Name: "陈阿姨", Demo: true,
		Profile: domain.Profile{
			Kind: domain.Resident, Region: "339901202", Born: "1944-05", Hukou: County, Groups: []string{"G01", "G21"}, LifeEvents: []string{"L11"},
		},
		Subscription: domain.Subscription{Themes: []string{"M09", "M03"}, Keywords: []string{}, All: true},
		Contacts: []domain.Contact{
			{Kind: domain.SMS, Address: phone(200_001), When: domain.Now, Verified: true}, {Kind: domain.App, Verified: true},
		},
		Consent: domain.Consent{Version: domain.ConsentVersion, At: now, Source: "import:demo"},
	}
}

var ages = []weighted[[2]int]{{[2]int{18, 24}, 8}, {[2]int{25, 34}, 22}, {[2]int{35, 49}, 27}, {[2]int{50, 59}, 16}, {[2]int{60, 69}, 14}, {[2]int{70, 79}, 8}, {[2]int{80, 89}, 4}, {[2]int{90, 101}, 1}}

func resident(d draws, i int, now time.Time) *domain.Subscriber {
	span := pick(d, ages)
	age := span[0] + d.IntN(span[1]-span[0]+1)
	p := domain.Profile{Kind: domain.Resident, Region: pick(d, towns), Born: born(d, age, now), Hukou: hukou(d)}
	if d.chance(20) {
		p.Region = County
	}
	if !d.chance(12) {
		p.Groups = groups(d, age)
	}
	if !d.chance(40) {
		p.LifeEvents = lifeEvents(d, age)
	}
	return &domain.Subscriber{
		ExternalID: fmt.Sprintf("demo-R%06d", i), Demo: true, Profile: p,
		Subscription: subscription(d, themesAt(age), []string{"托育", "医保", "高龄津贴", "创业", "公积金", "消费券"}, 25),
		Contacts:     contacts(d, i, 2),
		Consent: domain.Consent{
			Version: domain.ConsentVersion, At: now.AddDate(0, 0, -d.IntN(240)), Source: "import:demo", Sensitive: sensitive(p.Groups),
		},
	}
}

func born(d draws, age int, now time.Time) string {
	day := now.AddDate(-age, 0, -d.IntN(365))
	switch {
	case d.chance(5):
		return ""
	case d.chance(65):
		return strconv.Itoa(day.Year())
	case d.chance(70):
		return day.Format("2006-01")
	default:
		return day.Format(time.DateOnly)
	}
}

func hukou(d draws) string {
	switch {
	case d.chance(10):
		return ""
	case d.chance(15):
		return oneOf(d, []string{"330681", "330782", "331002", "330382"})
	default:
		return County
	}
}

// groups draws the groups of a resident as they come with age. What the set
// does not hold is not the case.
func groups(d draws, age int) []string {
	set := []string{}
	add := func(code string, percent int, when bool) {
		if when && d.chance(percent) {
			set = append(set, code)
		}
	}
	add("G01", 100, age >= 60)
	add("G02", 3, true)
	add("G03", 30, age >= 24 && age <= 42)
	add("G04", 45, age >= 20 && age <= 30)
	add("G05", 6, age >= 20 && age < 60)
	add("G06", 4, age >= 40 && age < 60)
	add("G07", 3, true)
	add("G09", 16, age >= 20 && age < 60)
	add("G10", 14, age < 55)
	add("G11", 6, age >= 22 && age <= 42)
	add("G13", 15, age < 45)
	add("G14", 20, age >= 50)
	add("G17", 18, age >= 30)
	add("G18", 3, age >= 22)
	add("G21", 75, age >= 62)
	add("G22", 60, age >= 20 && age < 60)
	add("G24", 35, age >= 20 && age < 65)
	return set
}

// sensitive tells whether a group needs a consent of its own (个人信息保护法
// art. 29): health, disability, poverty, minors.
func sensitive(groups []string) bool {
	for _, g := range groups {
		switch g {
		case "G02", "G03", "G07", "G11", "G14", "G18":
			return true
		}
	}
	return false
}

func lifeEvents(d draws, age int) []string {
	set := []string{}
	add := func(code string, percent int, when bool) {
		if when && d.chance(percent) {
			set = append(set, code)
		}
	}
	add("L01", 8, age >= 23 && age <= 40)
	add("L03", 35, age >= 20 && age <= 25)
	add("L05", 7, age >= 20 && age <= 45)
	add("L07", 10, age >= 23 && age <= 45)
	add("L10", 12, age >= 52 && age <= 62)
	add("L11", 30, age >= 70)
	return set
}

func themesAt(age int) []string {
	switch {
	case age < 31:
		return []string{"M11", "M12", "M06", "M07", "M22"}
	case age < 46:
		return []string{"M16", "M01", "M03", "M07", "M22", "M23"}
	case age < 60:
		return []string{"M03", "M04", "M11", "M05", "M09"}
	default:
		return []string{"M09", "M03", "M04", "M02", "M19"}
	}
}
