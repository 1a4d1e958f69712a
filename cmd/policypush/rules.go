package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/learning"
	"policypush/rules"
)

// ruleProblem is a mistake in an office's rules, as --json prints it.
type ruleProblem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// runRulesCheck reads an office's own rules on top of ours, and runs every
// pattern on its own examples and every correction on its document. Mistakes
// are results: they go to standard
// output, file:line: message, and the exit code is 1.
func runRulesCheck(_ context.Context, std stdio, args []string) error {
	fs := flag.NewFlagSet("rules check", flag.ContinueOnError)
	fs.SetOutput(std.err)
	asJSON := fs.Bool("json", false, "每个问题输出一行 JSON")
	dictDir := fs.String("dict", "", "分词词典文件夹")
	var dirs []string
	for { // flags may stand before and after the folder
		switch err := fs.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			return err
		case err != nil:
			return errUsage{"选项有误"}
		}
		if fs.NArg() == 0 {
			break
		}
		dirs, args = append(dirs, fs.Arg(0)), fs.Args()[1:]
	}
	if len(dirs) != 1 {
		return errUsage{"请给出一个规则文件夹"}
	}
	dir := dirs[0]
	problems, err := checkRules(dir, *dictDir)
	if err != nil {
		return err
	}
	for _, p := range problems {
		if err := printProblem(std.out, p, *asJSON); err != nil {
			return err
		}
	}
	switch {
	case len(problems) > 0:
		fmt.Fprintf(std.err, "%s 有%d处问题，请改正后再检查\n", dir, len(problems))
		return errReported
	case !*asJSON:
		_, err = fmt.Fprintf(std.out, "%s 检查通过\n", dir)
	}
	return err
}

// checkRules returns the mistakes in a folder, and the corrections in it that
// are not read as officers say. The error says that there is no such folder.
func checkRules(dir, dictDir string) ([]ruleProblem, error) {
	r, err := rules.LoadWith(dir)
	var found []*domain.Error
	if err == nil {
		found = r.Check(normalised)
		if len(r.Corrections.All()) > 0 {
			reading, err := readingWith(r, dictDir, document.DefaultLimits())
			if err != nil {
				return nil, err
			}
			found = append(found, learning.Check(r, reading.tagger)...)
			reading.segment.Close()
		}
	} else {
		found = rules.Problems(err)
	}
	var list []ruleProblem
	for _, e := range found {
		if e.File == "" {
			return nil, err
		}
		list = append(list, ruleProblem{filepath.Join(dir, filepath.FromSlash(e.File)), e.Line, e.Field, e.Text})
	}
	return list, nil
}

// normalised is what patterns run on: the text as reading a document leaves it.
func normalised(text string) string {
	doc, err := document.FromText("", text)
	if err != nil {
		return text // empty, or nothing but blanks
	}
	return doc.Text
}

func printProblem(w io.Writer, p ruleProblem, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(p)
	}
	if p.Field != "" {
		p.Message = p.Field + "：" + p.Message
	}
	_, err := fmt.Fprintf(w, "%s:%d: %s\n", p.File, p.Line, p.Message)
	return err
}
