package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"policypush/internal/document"
	"policypush/internal/domain"
	"policypush/internal/matching"
	"policypush/internal/push"
)

// pairing is one line of `match --json`: one profile and one policy.
type pairing struct {
	File     string           `json:"file"`
	Profile  string           `json:"profile"`
	Verdict  domain.Verdict   `json:"verdict"`
	Measures []matchedMeasure `json:"measures"`
}

type matchedMeasure struct {
	ID      domain.MeasureID `json:"id"`
	Verdict domain.Verdict   `json:"verdict"`
	Reasons []matchedReason  `json:"reasons"`
	Ask     []string         `json:"ask"`
}

type matchedReason struct {
	Field     domain.Field     `json:"field"`
	Value     string           `json:"value"`
	Condition string           `json:"condition"`
	Result    domain.Truth     `json:"result"`
	Evidence  *domain.Evidence `json:"evidence,omitempty"`
}

// runMatch answers every pair of profile and policy, without a database.
func runMatch(ctx context.Context, std stdio, args []string) error {
	fs := flag.NewFlagSet("match", flag.ContinueOnError)
	fs.SetOutput(std.err)
	profiles := fs.String("profiles", "", "主体文件（.jsonl 或 .csv）")
	asOf := fs.String("as-of", "", "按这一天（YYYY-MM-DD）判断，缺省为今天")
	asJSON := fs.Bool("json", false, "每对输出一行 JSON")
	rulesDir := rulesFlag(fs)
	dictDir := fs.String("dict", "", "分词词典文件夹")
	if err := fs.Parse(args); err != nil {
		return flagError(err)
	}
	if *profiles == "" || fs.NArg() == 0 {
		return errUsage{"请用 --profiles 给出主体文件，并给出至少一个政策文件"}
	}
	if *asOf == "" {
		*asOf = time.Now().In(push.Shanghai()).Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, *asOf); err != nil {
		return errUsage{"--as-of 要写成 YYYY-MM-DD"}
	}
	r, err := newReading(*rulesDir, *dictDir)
	if err != nil {
		return err
	}
	defer r.segment.Close()
	f, err := os.Open(*profiles)
	if err != nil {
		return domain.Errorf(domain.NotFound, "打不开主体文件，请检查文件名").At(*profiles, 0)
	}
	defer f.Close()
	failed := 0
	var subscribers []*domain.Subscriber
	reader := profileReader{name: *profiles, rules: r.rules}
	err = reader.read(f, func(_ int, s *domain.Subscriber) error {
		subscribers = append(subscribers, s)
		return nil
	}, func(err error) {
		fmt.Fprintln(std.err, oneLine(err))
		failed++
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(std.out)
	for _, path := range fs.Args() {
		if err := ctx.Err(); err != nil {
			return err
		}
		doc, err := document.ReadFile(path, r.limits)
		if err != nil {
			fmt.Fprintln(std.err, oneLine(err))
			failed++
			continue
		}
		policy, _ := r.understand(doc)
		for _, s := range subscribers {
			if err := printPairing(out, pair(path, policy, s, *asOf, r), *asJSON); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return errReported
	}
	return nil
}

func pair(path string, policy *domain.Policy, s *domain.Subscriber, asOf string, r *reading) pairing {
	verdict, measures := matching.MatchPolicy(policy, &s.Profile, asOf, r.rules.ValueName)
	p := pairing{File: path, Profile: s.ExternalID, Verdict: verdict, Measures: []matchedMeasure{}}
	for _, m := range measures {
		mm := matchedMeasure{ID: m.Measure, Verdict: m.Verdict, Reasons: []matchedReason{}}
		for _, q := range m.Ask {
			mm.Ask = append(mm.Ask, q.Text)
		}
		for _, why := range m.Reasons {
			mr := matchedReason{Field: why.Field, Value: why.Value, Condition: why.Condition, Result: why.Result}
			if len(why.Evidence) > 0 {
				mr.Evidence = &why.Evidence[0]
			}
			mm.Reasons = append(mm.Reasons, mr)
		}
		p.Measures = append(p.Measures, mm)
	}
	return p
}

func printPairing(out *bufio.Writer, p pairing, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(p)
	}
	fmt.Fprintf(out, "%s %s %s\n", p.File, p.Profile, p.Verdict.Label())
	for _, m := range p.Measures {
		fmt.Fprintf(out, "  %s %s\n", m.ID, m.Verdict.Label())
		for _, why := range m.Reasons {
			fmt.Fprintf(out, "    %s：%s（%s）\n", why.Condition, map[domain.Truth]string{domain.Yes: "符合", domain.No: "不符合", domain.Unknown: "待确认"}[why.Result], why.Value)
		}
		for _, q := range m.Ask {
			fmt.Fprintf(out, "    ? %s\n", q)
		}
	}
	return nil
}
