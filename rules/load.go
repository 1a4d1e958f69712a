package rules

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"gopkg.in/yaml.v3"

	"policypush/internal/domain"
)

//go:embed index.yaml taxonomy tagging extraction lexicon calendar
var embedded embed.FS

// The bounds of a folder of rules.
const (
	MaxFile     = 8 << 20 // bytes of one file
	MaxFiles    = 200     // files of one folder
	maxProblems = 200     // after that many, the rest is not told
)

// Load reads the rules that come with the program.
func Load() (*Rules, error) { return LoadFS() }

// LoadWith reads our rules and then those of an office's own folder: entries
// with a new code are added, an entry with one of our codes replaces ours, and
// a table without codes (scoring, policy, patterns …) replaces ours. The error
// joins one *domain.Error for each mistake, see [Problems].
func LoadWith(dir string) (*Rules, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, domain.Errorf(domain.NotFound, "没有规则文件夹“%s”，请检查路径", dir)
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "规则文件夹“%s”读不出来，请检查权限", dir).Because(err)
	case !info.IsDir():
		return nil, domain.Errorf(domain.Invalid, "“%s”不是文件夹，请给出放规则文件（.yaml）的文件夹", dir)
	}
	return LoadFS(os.DirFS(dir))
}

// LoadFS is LoadWith for folders that are embedded or made by a test; a later
// folder overrides an earlier one.
func LoadFS(overlays ...fs.FS) (*Rules, error) {
	l := newLoader()
	for layer, fsys := range append([]fs.FS{embedded}, overlays...) {
		l.folder(layer, fsys)
	}
	l.resolve()
	if len(l.problems) == 0 {
		l.rules.index(l)
	}
	if len(l.problems) > 0 {
		return nil, l.err()
	}
	return l.rules, nil
}

// Problems takes the error of a Load apart, in the order of files and lines.
func Problems(err error) []*domain.Error {
	var list []*domain.Error
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			list = append(list, Problems(e)...)
		}
	} else if one, ok := errors.AsType[*domain.Error](err); ok {
		list = append(list, one)
	}
	return list
}

// defined is where a code was defined.
type defined struct {
	layer int
	at    place
}

// loader collects entries, references and mistakes of all files.
type loader struct {
	rules    *Rules
	layer    int
	codes    map[string]map[string]defined // kind → code
	names    map[string]string             // meta.id → file, in this layer
	years    Table[calendarYear]
	refs     []reference
	problems []*domain.Error
	structs  map[reflect.Type][]fieldInfo
}

func newLoader() *loader {
	calendar := Calendar{years: map[int]string{}, special: map[string]bool{}, imported: &atomic.Pointer[importedYears]{}}
	calendar.Import(nil)
	return &loader{
		rules:   &Rules{Calendar: calendar},
		codes:   map[string]map[string]defined{},
		structs: map[reflect.Type][]fieldInfo{},
	}
}

func (l *loader) report(e *domain.Error) {
	if len(l.problems) < maxProblems {
		l.problems = append(l.problems, e)
	}
}

// err joins the problems in the order of files and lines.
func (l *loader) err() error {
	slices.SortStableFunc(l.problems, func(a, b *domain.Error) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	list := make([]error, len(l.problems))
	for i, p := range l.problems {
		list[i] = p
	}
	return errors.Join(list...)
}

// folder reads every .yaml file of a file system.
func (l *loader) folder(layer int, fsys fs.FS) {
	l.layer, l.names = layer, map[string]string{}
	files := 0
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			l.report(domain.Errorf(domain.Invalid, "读不出来，请检查权限").Because(err).At(name, 0))
			return nil
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, path.Ext(name)):
			return nil
		}
		files++
		if files > MaxFiles {
			l.report(domain.Errorf(domain.Invalid, "规则文件超过%d个，请合并", MaxFiles))
			return fs.SkipAll
		}
		data, readErr := readBounded(fsys, name)
		if readErr != nil {
			l.report(readErr.At(name, 0))
			return nil
		}
		l.file(name, data)
		return nil
	})
	switch {
	case err != nil:
		l.report(domain.Errorf(domain.Invalid, "规则文件夹读不出来，请检查权限").Because(err))
	case files == 0:
		l.report(domain.Errorf(domain.Invalid, "规则文件夹里没有规则文件（.yaml），请检查路径"))
	}
}

func readBounded(fsys fs.FS, name string) ([]byte, *domain.Error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "打不开，请检查权限").Because(err)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "读不出来，请检查磁盘").Because(err)
	case len(data) > MaxFile:
		return nil, domain.Errorf(domain.Invalid, "超过%d MB，请拆成几个文件", MaxFile>>20)
	}
	return data, nil
}

// meta says what a file is. Only id counts for loading; the rest tells readers
// where the data comes from and how sure it is.
type meta struct {
	ID         string            `yaml:"id,required"`
	Title      string            `yaml:"title"`
	Version    int               `yaml:"version"`
	AsOf       string            `yaml:"as_of"`
	Confidence string            `yaml:"confidence" enum:"high medium low"`
	Sources    []source          `yaml:"sources"`
	Unsure     []string          `yaml:"unsure"`
	Fields     map[string]string `yaml:"fields"`
	Notes      []string          `yaml:"notes"`
	Rules      []string          `yaml:"rules"`
	Rule       []string          `yaml:"rule"`
	Normalise  []string          `yaml:"normalise"`
}

type source struct {
	Kind string `yaml:"kind,required"`
	Ref  string `yaml:"ref"`
	What string `yaml:"what"`
}

// file reads one file into the tables.
func (l *loader) file(name string, data []byte) {
	doc, problem := parse(data)
	if problem != nil {
		l.report(problem.At(name, problem.Line))
		return
	}
	id := idOf(doc)
	read, ok := readers[id]
	switch {
	case id == "":
		l.report(domain.Errorf(domain.Invalid, "缺少 meta.id，请写明这是哪一种规则，例如 meta: {id: divisions}").At(name, doc.Line))
	case !ok:
		ids := slices.Sorted(maps.Keys(readers))
		l.report(domain.Errorf(domain.Invalid, "没有“%s”这种规则；可用的 meta.id：%s", shorten(id), strings.Join(ids, "、")).At(name, doc.Line).In("meta.id"))
	case l.names[id] != "":
		l.report(domain.Errorf(domain.Invalid, "与 %s 的 meta.id 相同，请合并成一个文件", l.names[id]).At(name, doc.Line).In("meta.id"))
	default:
		l.names[id] = name
		d := &decoder{file: name, report: l.report, refer: func(r reference) { l.refs = append(l.refs, r) }, structs: l.structs}
		read(l, func(into any) {
			d.decode(doc, reflect.ValueOf(into).Elem(), "", &fieldInfo{})
		})
	}
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// parse reads the one document of a file.
func parse(data []byte) (*yaml.Node, *domain.Error) {
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		return nil, domain.Errorf(domain.Invalid, "文件是空的")
	case err != nil:
		e := domain.Errorf(domain.Invalid, "YAML 写法有误：%s", strings.TrimPrefix(err.Error(), "yaml: "))
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			e.Line, _ = strconv.Atoi(m[1])
			e.Text = fmt.Sprintf("YAML 写法有误，请检查缩进、引号和括号：%s", m[2])
		}
		return nil, e
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, domain.Errorf(domain.Invalid, "一个文件只能有一份内容，请去掉“---”之后的部分")
	}
	return doc.Content[0], nil
}

// idOf finds meta.id before anything else is known about a file.
func idOf(doc *yaml.Node) string {
	return child(child(doc, "meta"), "id").Value
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return &yaml.Node{}
}

// coded is an entry with a code.
type coded[T any] interface {
	*T
	key() (string, place)
}

func (i *Item) key() (string, place)            { return i.Code, i.at }
func (g *TaxGroup) key() (string, place)        { return g.Code, g.at }
func (d *RetiredDivision) key() (string, place) { return d.Code, d.at }
func (t *Trait) key() (string, place)           { return t.Code, t.at }
func (e *Element) key() (string, place)         { return e.Code, e.at }

// add puts entries into a table. Within one folder a code is defined once; an
// entry of a later folder takes the place of an earlier one.
func add[T any, P coded[T]](l *loader, kind string, t *Table[T], items []P) {
	if l.codes[kind] == nil {
		l.codes[kind] = map[string]defined{}
	}
	if t.byCode == nil {
		t.byCode = map[string]*T{}
	}
	for _, item := range items {
		if item == nil {
			continue
		}
		code, at := item.key()
		old, known := l.codes[kind][code]
		switch {
		case code == "" || at.file == "":
			continue // reported when it was read
		case known && old.layer == l.layer:
			l.report(at.errorf("代码“%s”已在 %s 第%d行用过，请换一个", shorten(code), old.at.file, old.at.line).In("code"))
			continue
		case known:
			i := slices.Index(t.all, t.byCode[code])
			t.all[i] = item
		default:
			t.all = append(t.all, item)
		}
		t.byCode[code] = item
		l.codes[kind][code] = defined{l.layer, at}
	}
}

// kindNames are the kinds of entries in the words of messages.
var kindNames = map[string]string{
	"theme": "主题", "agency": "部门", "group": "居民群体", "tax": "税费", "taxgroup": "税费组合", "benefit": "利益种类",
	"division": "行政区划", "industry": "行业", "attribute": "企业属性", "channel": "渠道", "validity": "效力用语",
	"dockind": "文件种类",
}

// resolve checks that every code that is named exists.
func (l *loader) resolve() {
	for _, ref := range l.refs {
		var words []string
		found := false
		for _, kind := range ref.kinds {
			_, ok := l.codes[kind][ref.code]
			found = found || ok
			words = append(words, kindNames[kind])
		}
		if !found {
			l.report(ref.at.errorf("没有代码为“%s”的%s，请检查或先补上它", shorten(ref.code), strings.Join(words, "或")).In(ref.field))
		}
	}
}
