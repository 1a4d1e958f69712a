package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/search"
	"policypush/internal/segment"
	"policypush/rules"
)

// finding is one line of `search --json`: a question and what answers it.
type finding struct {
	Query   string         `json:"query"`
	Results []foundPassage `json:"results"`
}

type foundPassage struct {
	File    string  `json:"file"` // as seen from the folder
	Clause  string  `json:"clause"`
	Score   float64 `json:"score"`
	Snippet string  `json:"snippet"`
	Title   string  `json:"title"`
}

// searched are the kinds of files that are read.
var searched = []string{".txt", ".md", ".html", ".htm", ".docx", ".pdf"}

// maxQuery is how much of a line is read, in bytes.
const maxQuery = 64 << 10

// runSearch answers questions from the texts of a folder, without a database.
func runSearch(ctx context.Context, std stdio, args []string) error {
	set := flag.NewFlagSet("search", flag.ContinueOnError)
	set.SetOutput(std.err)
	dir := set.String("dir", "", "政策文本所在的文件夹")
	queries := set.String("queries", "", "问题文件，一行一个；缺省读标准输入")
	limit := set.Int("limit", 10, "每个问题最多给出几条结果")
	asJSON := set.Bool("json", false, "每个问题输出一行 JSON")
	cache := set.String("cache", "", "存放索引的文件夹，缺省为用户缓存目录")
	rulesDir := rulesFlag(set)
	dictDir := set.String("dict", "", "分词词典文件夹")
	if err := set.Parse(args); err != nil {
		return flagError(err)
	}
	switch {
	case *dir == "":
		return errUsage{"请用 --dir 给出政策文本所在的文件夹"}
	case set.NArg() > 0:
		return errUsage{fmt.Sprintf("不认识“%s”，问题请写在 --queries 的文件或标准输入里", set.Arg(0))}
	case *limit < 1 || *limit > 200:
		return errUsage{"--limit 要在1到200之间"}
	}
	in := std.in
	if *queries != "" {
		f, err := os.Open(*queries)
		if err != nil {
			return domain.Errorf(domain.NotFound, "打不开问题文件，请检查文件名").At(*queries, 0)
		}
		defer f.Close()
		in = f
	}
	s, err := newFolderSearch(*rulesDir, *dictDir)
	if err != nil {
		return err
	}
	defer s.segment.Close()
	if err := s.open(*dir, *cache); err != nil {
		return err
	}
	failed, err := s.update(ctx, *dir, std.err)
	if err == nil {
		err = s.answer(ctx, in, std.out, *limit, *asJSON)
	}
	if err := errors.Join(err, s.close()); err != nil {
		return err
	}
	if failed > 0 {
		return errReported
	}
	return nil
}

// folderSearch is the search over one folder.
type folderSearch struct {
	segment *segment.Segmenter
	rules   *rules.Rules
	lexicon *search.Lexicon
	words   []string
	index   *search.Folder
	remove  string // a folder of this process alone, or ""
}

func newFolderSearch(rulesDir, dictDir string) (*folderSearch, error) {
	r, err := rules.Load()
	if rulesDir != "" {
		r, err = rules.LoadWith(rulesDir)
	}
	if err != nil {
		return nil, err
	}
	words := r.UserWords()
	seg, err := segment.New(dictDir, words)
	if err != nil {
		return nil, err
	}
	return &folderSearch{segment: seg, rules: r, lexicon: search.NewLexicon(r, seg), words: words}, nil
}

// open opens the index that belongs to a folder and to the words of the rules.
// If another process has it, or there is no place to keep it, this process
// makes one for itself.
func (s *folderSearch) open(dir, cache string) error {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return domain.Errorf(domain.NotFound, "没有文件夹“%s”，请检查路径", dir)
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find folder %s: %w", dir, err)
	}
	if cache == "" {
		if user, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(user, "policypush", "search")
		}
	}
	if cache != "" {
		sum := sha256.Sum256([]byte(full + "\n" + strings.Join(s.words, "\n")))
		if s.index, err = search.OpenFolder(filepath.Join(cache, hex.EncodeToString(sum[:8])), s.lexicon); err == nil {
			return nil
		}
	}
	if s.remove, err = os.MkdirTemp("", "policypush-search-"); err != nil {
		return domain.Errorf(domain.Invalid, "没有地方存放索引：请用 --cache 指定一个可以写的文件夹").Because(err)
	}
	s.index, err = search.OpenFolder(filepath.Join(s.remove, "index"), s.lexicon)
	return err
}

func (s *folderSearch) close() error {
	err := s.index.Close()
	if s.remove != "" {
		err = errors.Join(err, os.RemoveAll(s.remove))
	}
	return err
}

// update makes the index hold the files of a folder as they are. It reports
// those that cannot be read, and how many they are.
func (s *folderSearch) update(ctx context.Context, dir string, report io.Writer) (failed int, err error) {
	marks := map[string]string{}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintf(report, "%s：读不了，请检查权限\n", path)
			failed++
			return nil
		}
		if d.IsDir() || !slices.Contains(searched, strings.ToLower(filepath.Ext(path))) {
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintf(report, "%s：读不了，请检查权限\n", path)
			failed++
			return nil
		}
		sum := sha256.Sum256(data)
		marks[filepath.ToSlash(name)] = hex.EncodeToString(sum[:])
		return ctx.Err()
	})
	if err != nil {
		return failed, err
	}
	limits := document.DefaultLimits()
	err = s.index.Update(ctx, marks, func(name string) *search.Entry {
		path := filepath.Join(dir, filepath.FromSlash(name))
		doc, err := document.ReadFile(path, limits)
		if err != nil {
			fmt.Fprintln(report, oneLineOf(path, err))
			failed++
			return nil
		}
		return s.fileEntry(doc)
	})
	return failed, err
}

// fileEntry is what is searched of a document.
func (s *folderSearch) fileEntry(doc *document.Document) *search.Entry {
	e := &search.Entry{}
	for i, c := range doc.Clauses {
		if e.DocNumber == "" && i < headClauses {
			e.DocNumber = s.numberOf(c)
		}
		if c.Kind == domain.TitleClause && e.Title == "" {
			e.Title = c.Text
			continue
		}
		e.Passages = append(e.Passages, search.Passage{Kind: search.Clause, Ref: c.Path, Text: c.Text})
	}
	return e
}

// How far down a document bears its own number, and how much may stand beside
// it on its line: a label, or a date. What is cited stands within sentences.
const (
	headClauses  = 12
	besideNumber = 12
)

// numberOf is the number that a clause of the head of a document bears: alone,
// or behind the title.
func (s *folderSearch) numberOf(c domain.Clause) string {
	re := s.rules.Numbers.DocNo
	if re == nil {
		return ""
	}
	text := strings.TrimSpace(c.Text)
	at := re.FindStringIndex(text)
	if at == nil {
		return ""
	}
	beside := strings.Trim(text[at[1]:], " )）")
	if c.Kind != domain.TitleClause && utf8.RuneCountInString(text[:at[0]]+beside) > besideNumber || c.Kind == domain.TitleClause && beside != "" {
		return ""
	}
	return text[at[0]:at[1]]
}

// answer answers every line.
func (s *folderSearch) answer(ctx context.Context, in io.Reader, out io.Writer, limit int, asJSON bool) error {
	lines := bufio.NewReaderSize(in, maxQuery)
	for {
		line, more, err := lines.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read questions: %w", err)
		}
		text := strings.ToValidUTF8(string(line), "�")
		for more && err == nil { // the rest of an endless line
			_, more, err = lines.ReadLine()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := s.index.Search(ctx, search.Request{Text: text, Limit: limit})
		if err != nil {
			return err
		}
		if err := printFinding(out, findingOf(text, page), asJSON); err != nil {
			return err
		}
	}
}

func findingOf(text string, page *search.Page) finding {
	f := finding{Query: text, Results: []foundPassage{}}
	for _, r := range page.Results {
		f.Results = append(f.Results, foundPassage{
			File: r.Name(), Clause: r.Ref, Score: r.Score, Snippet: search.Plain(r.Snippet), Title: search.Plain(r.Title),
		})
	}
	return f
}

func printFinding(out io.Writer, f finding, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(f)
	}
	fmt.Fprintf(out, "%s\n", f.Query)
	if len(f.Results) == 0 {
		fmt.Fprint(out, "  没有找到\n")
	}
	for i, r := range f.Results {
		fmt.Fprintf(out, "%3d %6.3f %s %s\n           %s %s\n", i+1, r.Score, r.File, r.Title, r.Clause, r.Snippet)
	}
	return nil
}
