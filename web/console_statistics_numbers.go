package web

import "strconv"

// statNumber is a number that may lead to the list that it counts.
type statNumber struct {
	N     int
	Words string // said in its place, or ""
	Href  string
}

// Text is the number for a page, Plain for a file.
func (n statNumber) Text() string {
	if n.Words != "" {
		return n.Words
	}
	return thousands(n.N)
}

// Plain is the number without separators.
func (n statNumber) Plain() string {
	if n.Words != "" {
		return n.Words
	}
	return strconv.Itoa(n.N)
}

// fewPeople is the size from which on a group of people is told: a smaller one may
// show what one of them is.
const fewPeople = 5

// peopleOf are numbers of people that add up to a known sum. Small ones are not
// told; where that is one alone, which could be reckoned from the others, the next
// larger is not either.
func peopleOf(parts ...int) []statNumber {
	told, hidden, next := make([]statNumber, len(parts)), 0, -1
	for i, n := range parts {
		told[i].N = n
		switch {
		case n > 0 && n < fewPeople:
			told[i].Words = "少于5"
			hidden++
		case n > 0 && (next < 0 || n < parts[next]):
			next = i
		}
	}
	if hidden == 1 && next >= 0 {
		told[next].Words = "不单列"
	}
	return told
}

// people is one number of people.
func people(n int) statNumber { return peopleOf(n)[0] }

// none stands for a share of nothing, or of what is not told.
var none = statNumber{Words: "—"}

func ratio(n, of int) statNumber {
	if of == 0 {
		return none
	}
	return statNumber{Words: trimmed(float64(n*1000/of)/10) + "%"}
}

// ratioOfPeople is a share that gives away no small number.
func ratioOfPeople(n, of int) statNumber {
	if of < fewPeople || n > 0 && n < fewPeople || of-n > 0 && of-n < fewPeople {
		return none
	}
	return ratio(n, of)
}
