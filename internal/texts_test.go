package internal_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var listTexts = flag.Bool("texts", false, "print every text that people see with its place, see make texts")

// speaks says which packages hold Chinese, and for what. The texts of pages
// stand in web/templates, the few that scripts show in web/static, what an
// office can change in YAML under rules. An error is worded where it is
// decided, beside the condition that it tells of.
var speaks = map[string]string{
	"internal/domain":   "names of states and kinds; why something may not be done",
	"internal/storage":  "what is not there, was changed meanwhile or is there already",
	"internal/config":   "what is wrong with the settings; their descriptions",
	"internal/push":     "the words of messages",
	"internal/matching": "reasons and questions of a match",
	"internal/audience": "what is wrong with an audience",
	"internal/channel":  "what gateways answered, in words for officers",
	"internal/auth":     "what is wrong with a code, a link or a password",
	"internal/queue":    "what is wrong with a task",
	"internal/render":   "what is wrong with a page that is to be drawn",
	"interpretations":   "proposals for interpretations; what is wrong with one",
	"rules":             "what is wrong with an office's rules",
	"internal/document": "what is wrong with a file; words of documents",
	"internal/tagging":  "words of documents",
	"internal/segment":  "words of documents",
	"internal/search":   "words of questions",
	"internal/learning": "what is proposed from corrections; words of documents",
	"internal/demo":     "words of the fictional county",
	"workers":           "why a delivery was held",
	"cmd/policypush":    "what the commands print",
	"web":               "titles, answers to forms, names of choices; all else of a page is in its template",
}

// wordsOf begins what is said of packages whose Chinese is data: words that
// documents and people use, not ours to choose.
const wordsOf = "words of"

// sentence is how many Chinese characters make a text that is written once.
const sentence = 10

func han(s string) int {
	n := 0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}

// homeOf returns the package of speaks to which a file belongs, or "".
func homeOf(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := speaks[dir]; ok {
			return dir
		}
	}
	return ""
}

// text is something in Chinese and where it stands.
type text struct{ says, place string }

// textsOfGo returns the Chinese literals of a Go file, each with the function
// or the declaration in which it stands.
func textsOfGo(t *testing.T, file, name string) []text {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var texts []text
	ast.Inspect(parsed, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		says, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		if han(says) > 0 {
			texts = append(texts, text{says, fmt.Sprintf("%s:%d", name, set.Position(lit.Pos()).Line)})
		}
		return true
	})
	return texts
}

var (
	markup    = regexp.MustCompile(`(?s)<!--.*?-->|\{\{/\*.*?\*/\}\}|<[^<>]*>`)
	attribute = regexp.MustCompile(`(?:alt|aria-label|placeholder|title|content)="([^"]*)"`)
	action    = regexp.MustCompile(`\{\{.*?\}\}`)
)

// textsOfTemplate returns the Chinese between the tags of a template and in
// those of its attributes that are read out.
func textsOfTemplate(source, name string) []text {
	var texts []text
	for i, line := range strings.Split(source, "\n") {
		pieces := markup.Split(line, -1)
		for _, found := range attribute.FindAllStringSubmatch(line, -1) {
			pieces = append(pieces, found[1])
		}
		for _, piece := range pieces {
			if says := strings.TrimSpace(action.ReplaceAllString(piece, "…")); han(says) > 0 {
				texts = append(texts, text{says, fmt.Sprintf("%s:%d", name, i+1)})
			}
		}
	}
	return texts
}

// TestTextsHaveOnePlace keeps the texts that people read where somebody who
// edits them finds them, and each sentence of a package (a page and the code
// behind it are one) in one place.
func TestTextsHaveOnePlace(t *testing.T) {
	root := ".."
	var all []text
	silent := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, root+"/"))
		switch {
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git" || name == "internal/e2e" || name == "internal/tools" || strings.HasSuffix(name, "test") && name != "internal/e2e"):
			return filepath.SkipDir
		case d.IsDir():
			return nil
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			texts := textsOfGo(t, file, name)
			if len(texts) > 0 && homeOf(name) == "" {
				silent[filepath.Dir(name)] = true
			}
			all = append(all, texts...)
		case strings.HasPrefix(name, "web/templates/") && strings.HasSuffix(name, ".html"):
			source, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			all = append(all, textsOfTemplate(string(source), name)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range silent {
		t.Errorf("%s holds Chinese: say in speaks what for, or move it", dir)
	}
	first := map[string]string{}
	for _, x := range all {
		if *listTexts {
			t.Logf("%s\t%s", x.place, x.says)
		}
		home := homeOf(x.place)
		key := home + " " + strings.TrimRight(x.says, "。")
		if han(key) < sentence || strings.HasPrefix(speaks[home], wordsOf) {
			continue
		}
		if at, twice := first[key]; twice {
			t.Errorf("%s and %s both say %q: name it and say it once", at, x.place, x.says)
			continue
		}
		first[key] = x.place
	}
	if len(all) < 2000 {
		t.Errorf("only %d texts were found", len(all))
	}
}
