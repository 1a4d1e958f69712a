package tagging

import (
	"slices"
	"strings"

	"policypush/internal/automaton"
	"policypush/internal/domain"
)

var (
	// names are the marks of a document that a clause names; namesOrEnds also says
	// that some end.
	names       = expression(`》|〔`)
	namesOrEnds = expression(`》|〔|废止|失效|停止执行`)
	ending      = automaton.MustCompile(`废止|停止执行|失效|不再执行|停止使用|终止执行`)
	endedInList = automaton.MustCompile(`《([^《》]{2,100})》(?:\(([^()]{4,60})\))?`)
	// between parts the titles of one list and what stands before the verb.
	between = automaton.MustCompile(`^(?:[、,;]|文|以及|和|及|与|等|\d*(?:个|份|件)?(?:规范性|政策)?文件|同时|即行|相应|予以|一并|均|即|自[^,。;《》]{1,24}起|原|的|有关(?:规定|政策)|自行)*$`)
)

var (
	// endingThese ends the documents named right behind it: 决定废止《…》《…》, 下列文件予以废止:《…》.
	endingThese = automaton.MustCompile(`(?:^|[,。;:、)]|决定|同时|一并|予以|现将?|即行|[日起来])(?:宣布)?(?:废止|停止执行|终止执行)(?:以下|下列|原)?(?:[\p{Han}\d]{0,12}文件)?:?《`)
	// endsList says so of the documents that the next lines name.
	endsList = automaton.MustCompile(`(?:废止|失效|停止执行)[^。;《》]{0,40}(?:如下|以下|下列|目录|名单|清单)?[^。;《》]{0,10}:$|(?:以下|下列)[^。;《》]{0,30}文件[^。;《》]{0,20}(?:废止|失效|停止执行)[。:]?$|^[(]?[一二三四五六七八九十\d]{1,3}[)、.](?:决定|宣布|予以)?(?:废止|失效|停止执行)的?[\p{Han}]{0,12}(?:文件|目录)?[。:]?$`)
	// listedName is such a line.
	listedName = automaton.MustCompile(`^(?:[(]?[一二三四五六七八九十\d]{1,3}[)、.])?(?:关于)?《[^《》]{2,100}》`)
	// endsTitle is a title that names what it ends.
	endsTitle = automaton.MustCompile(`关于(?:公布)?(?:废止|停止执行|终止执行)(?:《|〈)`)
)

// replaced lists the documents that this one ends: every title of a list
// before 废止 or right behind it, with its number.
func (t *reading) replaced(p *domain.Policy) []domain.Reference {
	var refs []domain.Reference
	add := func(found ...domain.Reference) {
		for _, ref := range found {
			same := func(r domain.Reference) bool {
				return r == ref || ref.DocNumber == "" && r.Title == ref.Title || ref.Title == "" && r.DocNumber == ref.DocNumber
			}
			if i := slices.IndexFunc(refs, func(r domain.Reference) bool { return r.Title == ref.Title && r.DocNumber == "" && ref.DocNumber != "" }); i >= 0 && ref.Title != "" {
				refs[i] = ref // the title tells no number
			} else if !slices.ContainsFunc(refs, same) {
				refs = append(refs, ref)
			}
		}
	}
	if m := endsTitle.FindStringIndex(p.Title); m != nil {
		add(namedBehind(p.Title[m[1]-len("《"):])...)
	}
	listing := false // whether the lines name what is ended
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if !t.whole(c).matches(namesOrEnds) {
			listing = false
			continue
		}
		for _, s := range t.sentences(c) {
			if listing = listing && listedName.MatchString(s.text); listing {
				add(namedBehind(s.text[strings.Index(s.text, "《"):])...)
				continue
			}
			listing = endsList.MatchString(strings.TrimSpace(s.text)) && !strings.Contains(s.text, "不予")
			for _, v := range endingThese.FindAllStringIndex(s.text, -1) {
				if strings.Count(s.text[:v[0]], "《") == strings.Count(s.text[:v[0]], "》") {
					add(namedBehind(s.text[v[1]-len("《"):])...)
				}
			}
			from := 0
			for _, v := range ending.FindAllStringIndex(s.text, -1) {
				add(t.namedBefore(s.slice(from, v[0]))...)
				from = v[1]
			}
		}
	}
	return refs
}

// namedBefore are the documents of a list at the end of a sentence.
func (t *reading) namedBefore(s sentence) []domain.Reference {
	if strings.Contains(s.text, "修改") {
		return nil
	}
	end := len(s.text)
	var found []domain.Reference
	for _, m := range slices.Backward(endedInList.FindAllStringSubmatchIndex(s.text, -1)) {
		rest := s.text[m[1]:end]
		if part := onePart.FindString(rest); part != "" && between.MatchString(rest[len(part):]) {
			end = m[0] // 《…》第六条、《…》同时废止
			continue
		}
		if !between.MatchString(rest) {
			break
		}
		found = append(found, referenceTo(s.text, m))
		end = m[0]
	}
	if len(found) == 0 {
		found = t.bareNumbers(s)
	}
	slices.Reverse(found)
	return found
}

// onePart follows a document of a list of which only a part is ended.
var onePart = automaton.MustCompile(`^(?:第[一二三四五六七八九十百零\d]{1,6}[条款项](?:规定)?)+[、和及,;]`)

// namedBehind are the documents of a list at the beginning of a text, if it speaks of
// them as a whole.
func namedBehind(text string) []domain.Reference {
	var found []domain.Reference
	end := 0
	for _, m := range endedInList.FindAllStringSubmatchIndex(text, -1) {
		if found != nil && !between.MatchString(text[end:m[0]]) {
			break
		}
		found = append(found, referenceTo(text, m))
		end = m[1]
	}
	if !asAWhole.MatchString(text[end:]) {
		return nil
	}
	return found
}

// asAWhole follows documents that are ended, and not a part of them: 第三条, 规定的优惠.
var asAWhole = automaton.MustCompile(`^(?:文)?(?:$|[。;,:)]|等|共|同时|以及|及|和|的(?:决定|通知|公告|通告|命令|议案)|\d{4}年|[(])`)

// referenceTo is a title with its number, where one stands in the brackets behind it:
// (云政发〔2018〕5号,以下简称《办法》).
func referenceTo(text string, m []int) domain.Reference {
	ref := domain.Reference{Title: submatch(text, m, 1)}
	number, _, _ := strings.Cut(submatch(text, m, 2), ",")
	number = strings.TrimSuffix(strings.TrimPrefix(number, "原"), "文")
	if strings.HasSuffix(number, "号") {
		ref.DocNumber = number
	}
	return ref
}

// bareNumbers are documents of a list that are named by number alone, right
// before what is said of them: 原云政发〔2018〕14号文同时废止.
func (t *reading) bareNumbers(s sentence) []domain.Reference {
	var refs []domain.Reference
	end := len(s.text)
	for _, m := range slices.Backward(t.find("X01", s)) {
		if !betweenNumbers.MatchString(s.text[m.loc[1]:end]) {
			break
		}
		number := strings.TrimPrefix(cleanNumber(m.evidence.Text), "原")
		refs = append(refs, domain.Reference{DocNumber: number})
		end = m.loc[0]
	}
	return refs
}

var (
	betweenNumbers = automaton.MustCompile(`^(?:文|文件|、|,|和|及|以及|同时|即行|均|予以|的|规定|一并|自[^,。;]{1,24}起)*$`)
	// amending is what may follow the name of a document that is changed, and not
	// ended: 作如下修改, 有效期延长至2027年12月31日, 继续执行, 中的征收率由1.5%下调至1%.
	amending = automaton.MustCompile(`^[^《》。;]{0,60}?(?:作(?:出)?(?:了)?(?:如下|以下|部分)?(?:修改|修订|调整|补充)|修[改订]为|予以修[改订]|进行(?:修[改订]|调整)|调整为|延续(?:执行|实施)|(?:有效期|执行期限?|实施期限?|政策|期限)[\p{Han}]{0,10}?(?:延长|延续|顺延)|继续(?:执行|有效|实施)|(?:延长|延续|顺延)(?:执行|实施)?(?:至|到)|增加一[条款项]|删去|第[一二三四五六七八九十百零\d]{1,6}[条款项][^。;《》]{0,30}(?:废止|停止执行|失效))|^[^《》。;,]{0,40}(?:由|从)[^《》。;,]{1,16}(?:下调|上调|调整|提高|降低)[为至到]`)
	// notAmending stand before documents that only are the ground for a change.
	notAmending = automaton.MustCompile(`(?:根据|按照|依据|依照|贯彻|落实)(?:(?:[\p{Han}]{2,20}[府部局厅委院会办])?《[^》]*》(?:\([^()]{0,40}\))?[,]?(?:[、和及与]|以及))*(?:[\p{Han}]{2,20}[府部局厅委院会办])?$|(?:根据|按照|依据|依照|贯彻|落实)(?:《[^》]*》(?:\([^()]{0,40}\))?[、和及与,]?)*$`)
	// amendsTitle is a title that names what it changes.
	amendsTitle = automaton.MustCompile(`(?:修改|修订|延续|延长|继续|调整|补充)[^《》]{0,30}《([^《》]{2,100})》`)
	extendsTo   = expression(`(?:延长|延续|顺延|继续)[\p{Han}\d]{0,8}?[,]?(?:至|到)` + dateRE)
	// extendsFor is an extension by a time: 有效期延长3年,自2023年4月1日起施行,至2026年3月31日止.
	extendsFor = expression(`(?:延长|延续|顺延|继续(?:有效|执行|实施)?)` + lengthRE + `[,]?(?:(?:自|从)` + dateRE + `(?:之?日)?起?[\p{Han}]{0,4}[,]?)?(?:(?:有效期)?(?:至|到)` + dateRE + `)?`)
	// extendsNumber is a document named by its number that is extended.
	extendsNumber = automaton.MustCompile(`^[^《》。;]{0,50}?(?:延长|延续|顺延|继续)(?:执行|实施|有效|至|到)`)
)

// ofIt is an extension of the only document that was named before.
var ofIt = automaton.MustCompile(`(?:^|[,;]|[现决][将定]|将)(?:将)?(?:该|其|上述|原)?(?:办法|意见|通知|细则|规定|措施|政策|文件|方案)?(?:的)?(?:有效期限?|(?:执行|实施|试行)?期限?)[\p{Han}]{0,4}(?:延长|延续|顺延)`)

// amended lists the documents that this one changes or extends: those that its
// title says so of, and those whose names stand before such words. 延续执行至 is
// the day to which the document named is extended, not the end of this one.
func (t *reading) amended(p *domain.Policy) []domain.Reference {
	var refs []domain.Reference
	add := func(ref domain.Reference) {
		for i := range refs {
			if r := &refs[i]; ref.Title != "" && r.Title == ref.Title || ref.Title == "" && r.DocNumber == ref.DocNumber {
				r.DocNumber, r.Until = cmpEmpty(r.DocNumber, ref.DocNumber), cmpEmpty(r.Until, ref.Until)
				return
			}
		}
		if !slices.ContainsFunc(p.Replaces, func(r domain.Reference) bool { return r.Title == ref.Title && r.DocNumber == ref.DocNumber }) {
			refs = append(refs, ref)
		}
	}
	for _, m := range amendsTitle.FindAllStringSubmatchIndex(p.Title, -1) {
		add(domain.Reference{Title: submatch(p.Title, m, 1)})
	}
	for i := range p.Clauses {
		c := &p.Clauses[i]
		if c.Kind != domain.TextClause && c.Kind != domain.HeadingClause || len(refs) == 0 && !t.whole(c).matches(names) {
			continue
		}
		for _, s := range t.sentences(c) {
			t.amendedIn(s, refs, add)
		}
	}
	return refs
}

// amendedIn reads one sentence; named are the documents of the title, whose
// numbers it may tell.
func (t *reading) amendedIn(s sentence, named []domain.Reference, add func(domain.Reference)) {
	until := ""
	if m := s.loc(extendsTo); m != nil {
		until = dateIn(s.text, m, 1, "", true)
	} else if m := s.loc(extendsFor); m != nil {
		if until = dateIn(s.text, m, lengthGroups+6, "", true); until == "" {
			until = after(dateIn(s.text, m, lengthGroups+1, "", false), lengthIn(s.text, m, 1))
		}
	}
	listed := endedInList.FindAllStringSubmatchIndex(s.text, -1)
	for i, m := range listed {
		ref := referenceTo(s.text, m)
		if slices.ContainsFunc(named, func(r domain.Reference) bool { return r.Title == ref.Title }) {
			add(ref)
		}
		rest := s.text[m[1]:]
		for _, later := range listed[i+1:] { // the names of one list share what is said
			if !between.MatchString(s.text[m[1]:later[0]]) {
				break
			}
			rest = s.text[later[1]:]
		}
		ended := onePart.MatchString(s.text[m[1]:]) && ending.MatchString(s.text[m[1]:])
		if (ended || amending.MatchString(rest)) && !notAmending.MatchString(s.text[:m[0]]) {
			ref.Until = until
			add(ref)
		}
	}
	if len(listed) > 0 || until == "" {
		return
	}
	if len(named) == 1 && named[0].Until == "" && ofIt.MatchString(s.text) { // 现将有效期延长至…
		add(domain.Reference{Title: named[0].Title, DocNumber: named[0].DocNumber, Until: until})
		return
	}
	for _, m := range t.find("X01", s) {
		if extendsNumber.MatchString(s.text[m.loc[1]:]) {
			add(domain.Reference{DocNumber: cleanNumber(m.evidence.Text), Until: until})
		}
	}
}
