package rules

import "slices"

// index builds the look-ups and checks what single entries cannot know. The
// loader has reported nothing so far: every code is there.
func (r *Rules) index(l *loader) {
	r.places = newPlaces(placesText)
	r.children, r.byName = map[string][]*Division{}, map[string][]*Division{}
	for _, d := range r.Divisions.all {
		l.checkDivision(d)
	}
	for _, rule := range r.Sizes.all {
		l.checkSize(rule)
	}
	if len(l.problems) > 0 {
		return // a division may be its own parent
	}
	for _, d := range r.Divisions.all {
		r.children[d.Parent] = append(r.children[d.Parent], d)
		names := []string{d.Name}
		for _, name := range append([]string{r.FullName(d.Code)}, d.Aliases...) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			r.byName[name] = append(r.byName[name], d)
		}
	}
	r.byFull, r.bySize, r.jargon = map[string]*Industry{}, map[string]*SizeRule{}, map[string]*Jargon{}
	for _, in := range r.Industries.all {
		l.checkIndustry(in)
		if in.Full != "" {
			r.byFull[in.Full] = in
		} else {
			r.byFull[in.Code] = in
		}
	}
	for _, s := range r.Sizes.all {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			r.bySize[name] = s
		}
	}
	for _, j := range r.Jargon.all {
		for _, name := range append([]string{j.Name}, j.Aliases...) {
			r.jargon[name] = j
		}
	}
	r.indexTerms()
	r.learn(l)
}

// checkIndustry holds the full code of a division to its section and number.
func (l *loader) checkIndustry(in *Industry) {
	switch {
	case in.Level == "section" && (len(in.Code) != 1 || in.Full != ""):
		l.report(in.at.errorf("门类的代码是一个字母，不写 full").In("code"))
	case in.Level == "division" && (len(in.Code) != 2 || in.Full != in.Parent+in.Code):
		l.report(in.at.errorf("大类的代码是两位数字，full 是门类加代码，例如 C34").In("full"))
	}
}
