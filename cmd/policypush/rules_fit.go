package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/tagging"
	"policypush/rules"
)

// themeLabel is what fitting needs of a line of labels.jsonl.
type themeLabel struct {
	ID       string   `json:"id"`
	Themes   []string `json:"themes"`
	Optional []string `json:"themes_optional"`
	Source   string   `json:"source"`
}

// realWeight is how much a document found in the wild counts against one that
// was composed.
const realWeight = 3

// runRulesFit fits what decides on themes to folders of labelled texts
// (labels.jsonl, texts/<id>.txt), prints the cross-validated effect and writes
// the data file. Without --write nothing is changed.
func runRulesFit(ctx context.Context, std stdio, args []string) error {
	flags := flag.NewFlagSet("rules fit", flag.ContinueOnError)
	flags.SetOutput(std.err)
	write := flags.String("write", "", "把拟合出的权重写入这个文件（verdict.yaml，加 --facets 时为 facets.yaml）")
	facets := flags.Bool("facets", false, "拟合税费、居民群体、企业属性、行业的判定，而不是主题的")
	rulesDir := rulesFlag(flags)
	dictDir := flags.String("dict", "", "分词词典文件夹")
	if err := flags.Parse(args); err != nil {
		return flagError(err)
	}
	if flags.NArg() == 0 {
		return errUsage{"请给出一个或多个标注文件夹（labels.jsonl 和 texts/）"}
	}
	r, err := newReading(*rulesDir, *dictDir)
	if err != nil {
		return err
	}
	if *facets {
		v, err := r.fitFacets(ctx, std.out, flags.Args())
		if err != nil {
			return err
		}
		return writeOrPrint(std.out, *write, func(w io.Writer) error { return printFacetVerdicts(w, v) })
	}
	var cases []tagging.Case
	for _, dir := range flags.Args() {
		more, err := r.cases(ctx, dir)
		if err != nil {
			return err
		}
		cases = append(cases, more...)
	}
	for _, c := range r.rules.TaggingCases.All() { // the short cases that stand beside the themes
		doc, err := document.FromText(c.Code, c.Title+"\n"+c.Text)
		if err != nil {
			return err
		}
		short := r.tagger.NewCase(c.Code, r.tagger.Read(doc), c.Must, r.unsaid(c))
		short.Short, short.Set = true, "short"
		cases = append(cases, short)
	}
	before := tagging.Measure(cases, r.rules.Verdict)
	v, crossed := tagging.Fit(cases)
	after := tagging.Measure(cases, v)
	printDecided(std.out, "现有权重", before.All())
	printDecided(std.out, "新权重（同一批文件）", after.All())
	printDecided(std.out, "新权重（交叉验证）", crossed.All())
	for _, dir := range flags.Args() {
		printDecided(std.out, "  其中 "+dir, crossed[dir])
	}
	return writeOrPrint(std.out, *write, func(w io.Writer) error { return printVerdict(w, v) })
}

func printDecided(w io.Writer, label string, e tagging.Effect) {
	_, _ = fmt.Fprintf(w, "%s：准确率 %.1f%%，召回率 %.1f%%，F1 %.3f（对%d 错%d 漏%d）\n",
		label, 100*e.Precision(), 100*e.Recall(), e.F1(), e.Right, e.Wrong, e.Missed)
}

// writeOrPrint prints a data file, or writes it if a name is given.
func writeOrPrint(out io.Writer, name string, print func(io.Writer) error) error {
	if name == "" {
		return print(out)
	}
	var b strings.Builder
	if err := print(&b); err != nil {
		return err
	}
	if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
		return notWritten(name, err)
	}
	_, err := fmt.Fprintf(out, "已写入 %s\n", name)
	return err
}

// unsaid are the themes that a short case neither asks for nor forbids.
func (r *reading) unsaid(c *rules.TaggingCase) []string {
	var codes []string
	for _, theme := range r.rules.Themes.All() {
		if !slices.Contains(c.Must, theme.Code) && !slices.Contains(c.Never, theme.Code) {
			codes = append(codes, theme.Code)
		}
	}
	return codes
}

// cases reads the labelled texts of a folder, in the order of labels.jsonl.
func (r *reading) cases(ctx context.Context, dir string) ([]tagging.Case, error) {
	f, err := os.Open(filepath.Join(dir, "labels.jsonl"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, domain.Errorf(domain.NotFound, "“%s”里没有 labels.jsonl，请检查路径", dir)
	case err != nil:
		return nil, domain.Errorf(domain.Invalid, "“%s”里的 labels.jsonl 打不开，请检查权限", dir).Because(err)
	}
	defer func() { _ = f.Close() }() // only read
	var cases []tagging.Case
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var l themeLabel
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, domain.Errorf(domain.Invalid, "不是一行 JSON，请改正").Because(err).At(f.Name(), n)
		}
		doc, err := document.ReadFile(filepath.Join(dir, "texts", l.ID+".txt"), r.limits)
		if err != nil {
			return nil, err
		}
		c := r.tagger.NewCase(l.ID, r.tagger.Read(doc), l.Themes, l.Optional)
		c.Set = dir
		if l.Source != "composed" {
			c.Weight = realWeight
		}
		cases = append(cases, c)
	}
	return cases, lines.Err()
}

// printVerdict writes the data file.
func printVerdict(w io.Writer, v rules.Verdict) error {
	_, err := fmt.Fprintf(w, `# 主题判定权重, 由 policypush rules fit 拟合, 不要手改
meta:
  id: verdict
  title: 主题判定权重
  version: 1
  confidence: medium
  sources:
    - {kind: authored, what: "由 policypush rules fit 对标注文件拟合。判定值为 base 加 themes 加各项特征乘 weights 之和，大于零即打上主题"}
verdict:
  base: %g
  weights: %s
  themes: %s
`, v.Base, weightTable(v.Weights), weightTable(v.Themes))
	return err
}

// weightTable writes weights as a map of YAML, sorted.
func weightTable(m map[string]float64) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s: %g", k, m[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func notWritten(file string, cause error) error {
	return domain.Errorf(domain.Invalid, "“%s”写不进去，请检查路径和权限", file).Because(cause)
}
