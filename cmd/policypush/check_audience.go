package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"policypush/internal/audience"
	"policypush/internal/domain"
	"policypush/rules"
	"policypush/workers"
)

// checkedAudience is the answer of audience --push, as a line of --json.
type checkedAudience struct {
	Push        domain.PushID       `json:"push"`
	Policy      domain.PolicyID     `json:"policy"`
	Title       string              `json:"title"`
	Change      int64               `json:"change"` // the last change of a profile that counted
	AsOf        string              `json:"as_of"`
	Frozen      checkedSizes        `json:"frozen"`
	Computed    checkedSizes        `json:"computed"`
	Same        bool                `json:"same"` // to the byte
	Agrees      bool                `json:"agrees"`
	Erased      int                 `json:"erased"`
	Forgotten   int                 `json:"forgotten"`
	Differ      int                 `json:"differ"`
	Differences []checkedDifference `json:"differences"`
}

type checkedSizes struct {
	Likely   int    `json:"likely"`
	Possible int    `json:"possible"`
	SHA256   string `json:"sha256"`
}

type checkedDifference struct {
	Subscriber domain.SubscriberID `json:"subscriber"`
	Frozen     domain.Verdict      `json:"frozen"`
	Computed   domain.Verdict      `json:"computed"`
	Why        []string            `json:"why"`
}

// checkAudience computes the audience of a push again and says whether it is
// the one that was frozen. A difference is a failure.
func (b *base) checkAudience(ctx context.Context, std stdio, id domain.PushID, asJSON bool) error {
	c, err := workers.CheckAudience(ctx, b.store, id)
	if err != nil {
		return err
	}
	r, err := b.loadRules(ctx)
	if err != nil {
		return err
	}
	checked := checkedOf(c, r)
	if asJSON {
		err = json.NewEncoder(std.out).Encode(checked)
	} else {
		err = printChecked(std.out, checked, c.Recipe.Rules)
	}
	if err != nil {
		return err
	}
	if !checked.Agrees {
		return errReported
	}
	return nil
}

func checkedOf(c workers.AudienceCheck, r *rules.Rules) checkedAudience {
	checked := checkedAudience{
		Push: c.Push.ID, Policy: c.Push.Policy, Title: c.Push.Title, Change: c.Recipe.Seq, AsOf: c.Recipe.Query.AsOf,
		Frozen: checkedSizes{c.Was.Likely, c.Was.Possible, c.SHA256}, Computed: checkedSizes{c.Now.Likely, c.Now.Possible, c.Computed},
		Same: c.SHA256 == c.Computed, Agrees: c.Agrees(), Erased: c.Erased, Forgotten: c.Forgotten, Differ: c.Differ, Differences: []checkedDifference{},
	}
	for _, d := range c.Differences {
		why := d.Why.Says(r.ValueName)
		switch {
		case d.Late:
			why = []string{"冻结时还没有登记"}
		case len(why) == 0:
			why = []string{"条件都对得上，也订阅了相关内容"}
		}
		checked.Differences = append(checked.Differences, checkedDifference{Subscriber: d.ID, Frozen: d.Was, Computed: d.Now, Why: why})
	}
	return checked
}

func printChecked(out io.Writer, c checkedAudience, rulesThen int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "推送%d《%s》：冻结于%s（画像变更第%d号），适用可能性高%d个，可能适用%d个\n", c.Push, c.Title, c.AsOf, c.Change, c.Frozen.Likely, c.Frozen.Possible)
	if c.Erased > 0 {
		fmt.Fprintf(&b, "其中%d个已注销，画像连同旧版本都已删除，无从重算\n", c.Erased)
	}
	if c.Forgotten > 0 {
		fmt.Fprintf(&b, "其中%d个后来改过画像，旧版本已过保留期限，无从重算\n", c.Forgotten)
	}
	switch {
	case c.Same:
		fmt.Fprintf(&b, "按当时的画像重算，逐字节一致（SHA-256 %s）\n", c.Frozen.SHA256)
	case c.Agrees:
		b.WriteString("其余按当时的画像重算，全部一致\n")
	default:
		fmt.Fprintf(&b, "按当时的画像重算，有%d个不一致：\n", c.Differ)
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "  订阅者%d：冻结时%s，重算为%s。%s\n", d.Subscriber, placeOf(d.Frozen), placeOf(d.Computed), strings.Join(d.Why, "；"))
		}
		if more := c.Differ - len(c.Differences); more > 0 {
			fmt.Fprintf(&b, "  另有%d个没有列出\n", more)
		}
		if rulesThen != audience.Rules {
			fmt.Fprintf(&b, "这次推送由第%d版计算规则得出，现在是第%d版，不一致可能由此而来\n", rulesThen, audience.Rules)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func placeOf(v domain.Verdict) string {
	if v == domain.NotForThem {
		return "不在受众里"
	}
	return "“" + v.Label() + "”"
}
