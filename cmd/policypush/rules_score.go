package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"

	"policypush/internal/domain"
	"policypush/internal/tagging/scoring"
)

// runRulesScore reads the labelled documents of a folder and prints how well
// the rules read them.
func runRulesScore(ctx context.Context, std stdio, args []string) error {
	fs := flag.NewFlagSet("rules score", flag.ContinueOnError)
	fs.SetOutput(std.err)
	asJSON := fs.Bool("json", false, "输出一个 JSON 对象")
	rulesDir := rulesFlag(fs)
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
		return errUsage{"请给出一个标注文件夹"}
	}
	docs, err := scoring.Load(dirs[0])
	if err != nil {
		return err
	}
	r, err := newReading(*rulesDir, *dictDir)
	if err != nil {
		return err
	}
	report := scoring.Score(docs, func(d *scoring.Document) *domain.Policy { return r.tagger.Read(d.Text) })
	if err := ctx.Err(); err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(std.out).Encode(report)
	}
	return report.Print(std.out)
}
