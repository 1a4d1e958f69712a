package automaton

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// expressions are of every shape that rules have.
var expressions = map[string]bool{ // whether an automaton can do it
	`补贴|补助|奖励`:                          true,
	`第[一二三四]+条`:                         true,
	`(?P<n>\d{1,3})(?:周岁)?(?:以上|以下)?`:   true,
	`^(?:一|二)、([^。]{2,8})`:              true,
	`^[\p{Han}]{2,6}(?:局|厅)$`:           true,
	`[\p{Han}]{0,6}标准$`:                 true,
	`《([^《》]{0,8})》`:                    true,
	`(?:^|[,。])自(\d{4})年`:               true,
	`(?i:icp)备.{0,4}`:                   true,
	`.{0,3}元`:                           true,
	`[^,。]{2,5}(?:不低于|满\d+年)[^,。]{0,3}`: true,
	`𠮷+|[\x{20000}-\x{2FFFF}]店`:         true,
	`a|ab|abc`:                          true,
	`(?:a|ab)(?:c|bcd)`:                 true,
	`(?:元|元整)(?:以上)?`:                   true,
	`(?:奖励|奖)[^,。]*?(?:元|$)`:            true,
	`奖[^,。]{1,4}(?:元.{0,3}补)?`:          true,
	`一(?:.(?:.(?:元)?)?)?补`:              true,
	`(?:一二?)+补|x{2,}y`:                  true,
	`\d+(?:\.\d+)?(?:%|‰|万元|元)|[补助]+$`:  true,
	`《[^《》\n]{0,80}》|条`:                 true,
	`(?:自|^)(?P<n>\d)|(?:^|。)奖(励)`:      true,
	`^(?:第(一)|一、)[^。]*?(?:对象|标准)`:       true,
	`^([\p{Han}]+?)(?:局|$)`:             true,
	`(?:(补)|(贴|助))+(奖?)`:                true,
	`(奖(?:励)?)(?:(\d+)|(元))*(整|$)`:      true,
	`(?:(一?)*(二|、))+`:                   true, // goes around without reading
	`([^,。]*?)(第?)(\d+)(周岁|年|$)`:        true,
	`^(?:一、|第一)|^(补)[贴助]`:               true,
	`(^自\d+)|^(?:奖励)`:                   true,
	`[元条]$`:                             true,
	`[\d]{4}年$|(?:对象|标准)$`:              true,
	`^$|x`:                              false,
	`a*`:                                false,
	`^(?:补贴|补助|一、)*$`:                   false, // only told whether it matches
	`^(?:按照)?(?:标准|对象)?$`:               false,
	`(?:补助)*$`:                          false,
	`\bа`:                               false,
	`(?m)^一、`:                           false,
}

func compare(t *testing.T, expr, text string) {
	t.Helper()
	e := MustCompile(expr)
	want := e.Regexp().FindAllStringSubmatchIndex(text, -1)
	if got := e.FindAllStringSubmatchIndex(text, -1); !reflect.DeepEqual(got, want) {
		t.Errorf("%q in %q: %v, want %v", expr, text, got, want)
	}
	if got := e.MatchString(text); got != (want != nil) {
		t.Errorf("%q in %q: match is %v", expr, text, got)
	}
	if got, want := e.ReplaceAllString(text, "-"), e.Regexp().ReplaceAllString(text, "-"); got != want {
		t.Errorf("%q in %q: replaced %q, want %q", expr, text, got, want)
	}
	if got, want := e.FindStringSubmatch(text), e.Regexp().FindStringSubmatch(text); !reflect.DeepEqual(got, want) {
		t.Errorf("%q in %q: %q, want %q", expr, text, got, want)
	}
}

func TestFindsWhatRegexpFinds(t *testing.T) {
	texts := []string{
		"", "a", "abcd", "xaabbc", "\xe4\xb8", "补\xff贴", "补贴补助", "第一条、第二条", "年满60周岁以上、18周岁", "一、补贴对象。二、标准", "市财政局",
		"按照标准", "《办法》《《通知》", "自2026年起,自2027年", "京ICP备1号", "每月300元", "注册满3年,不低于5人", "𠮷野家𠮷店", "x^$", "奖励300元整以上,奖12.5%", "奖励补助", "奖元奖", "1自2。奖励3", "自1奖励。奖励", "自2026年", "3元", "贴补对象", "奖励。奖励自7", "第一条 对象,标准", "一、补贴标准。一、对象",
	}
	for expr, quick := range expressions {
		if MustCompile(expr).Quick() != quick {
			t.Errorf("%q: quick is %v", expr, !quick)
		}
		for _, text := range texts {
			compare(t, expr, text)
		}
	}
}

func FuzzFindsWhatRegexpFinds(f *testing.F) {
	f.Add("年满60周岁,按标准给予补贴300元\xff")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		for expr := range expressions {
			compare(t, expr, text)
		}
	})
}

// TestManyReadAtOnce reads texts by many goroutines with expressions that nobody
// has run before: while one makes states, others go on in the tables they have.
func TestManyReadAtOnce(t *testing.T) {
	texts := []string{"年满60周岁以上、18周岁", "自2026年起,自2027年。对企业给予补贴", "一、补贴对象。二、标准", "每月300元,奖励补助", strings.Repeat("一二一一二", 20) + "三"}
	fresh := []string{`一[一二]{9}三`, `^[^。]{0,60}(三|标准)`, `(\d{1,4})(?:周岁|年|元)`}
	for expr := range expressions {
		fresh = append(fresh, expr)
	}
	for _, expr := range fresh {
		e := MustCompile(expr)
		var all sync.WaitGroup
		for k := range 8 {
			all.Go(func() {
				for i := range texts {
					text := texts[(i+k)%len(texts)]
					if got, want := e.FindAllStringSubmatchIndex(text, -1), e.Regexp().FindAllStringSubmatchIndex(text, -1); !reflect.DeepEqual(got, want) {
						t.Errorf("%q in %q: %v, want %v", expr, text, got, want)
					}
				}
			})
		}
		all.Wait()
	}
}

// TestGroupsAreForgotten reads matches of which each leads to states of its own:
// those whose states were forgotten on the way are found too.
func TestGroupsAreForgotten(t *testing.T) {
	e := MustCompile(`^([一二]*)([一二]{12}一)([一二]*)三`)
	seed := uint32(1)
	for range 40 {
		var b strings.Builder
		for range 300 {
			seed = seed*1664525 + 1013904223
			b.WriteString([]string{"一", "二"}[seed>>31])
		}
		text := b.String() + "三"
		if got, want := e.FindStringSubmatchIndex(text), e.Regexp().FindStringSubmatchIndex(text); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	if e.first.traces.resets == 0 {
		t.Error("nothing was forgotten")
	}
}

// TestRepetitionHasFewStates reads texts in which many matches could have begun: a
// state for every set of them would be too many.
func TestRepetitionHasFewStates(t *testing.T) {
	e := MustCompile(`(?:奖励|补贴)[^,。]{0,20}?(?:不超过|最高)[^,。]{0,20}?\d`)
	seed := uint32(1)
	var b strings.Builder
	for range 200_000 {
		seed = seed*1664525 + 1013904223
		b.WriteString([]string{"1", "元", "不超过", "奖"}[seed>>30])
	}
	if e.MatchString(b.String()) {
		t.Error("found a match")
	}
	if n := len(e.finds.states.Load().waiting); n > 1000 || e.finds.resets > 0 {
		t.Errorf("%d states are kept, %d resets", n, e.finds.resets)
	}
}

// TestStatesAreBounded reads texts that lead to ever new states: the automaton
// forgets, and in the end leaves such texts to the expression.
func TestStatesAreBounded(t *testing.T) {
	e := MustCompile(`一[一二]{40}三`)
	var b strings.Builder
	seed := uint32(1)
	for range 200_000 {
		seed = seed*1664525 + 1013904223
		b.WriteString([]string{"一", "二"}[seed>>31])
	}
	text := b.String()
	if e.MatchString(text) {
		t.Error("found 三")
	}
	if e.MatchString(text + "三" + text); e.finds == nil {
		t.Fatal("no automaton")
	}
	if n := len(e.finds.states.Load().waiting); n > maxSteps {
		t.Errorf("%d states are kept", n)
	}
	forward := MustCompile(`^(?:.*一[一二]{40}三)`)
	if forward.MatchString(text) {
		t.Error("found 三")
	}
	if !forward.finds.off.Load() || len(forward.finds.states.Load().waiting) > maxSteps {
		t.Errorf("%d states are kept, off is %v", len(forward.finds.states.Load().waiting), forward.finds.off.Load())
	}
}

// TestNeedsSpellOutNoLargeClass: a class of thousands of characters gives no list
// of words, and none of them is written down on the way. Every start of the program
// asks this of hundreds of expressions.
func TestNeedsSpellOutNoLargeClass(t *testing.T) {
	e := MustCompile(`[\p{Han}]{2,10}(?:补[\p{Han}]{0,4}贴|奖励)[^,。;]{0,12}元`)
	want := [][]string{{"元"}, {"奖励", "补"}}
	got := e.Needs()
	for i := range got {
		slices.Sort(got[i])
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("a match needs %v, want %v", got, want)
	}
	if n := testing.AllocsPerRun(10, func() { e.Needs() }); n > 1000 {
		t.Errorf("to find the words takes %v allocations", n)
	}
}
