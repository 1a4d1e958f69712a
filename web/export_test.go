package web

import (
	"testing"

	"policypush/internal/domain"
)

// TestAnExportSaysWhyEachMessageCame: what nobody subscribed to is not said to
// come of a subscription.
func TestAnExportSaysWhyEachMessageCame(t *testing.T) {
	for name, tt := range map[string]struct {
		kind    domain.PushKind
		verdict domain.Verdict
		want    string
	}{
		"a policy":              {domain.NewPolicy, domain.Likely, "订阅的主题里，这份政策适用可能性高"},
		"one that may apply":    {domain.NewPolicy, domain.Possible, "订阅的主题里，这份政策可能适用，有的资料不全"},
		"a reminder":            {domain.Reminder, domain.Likely, "订阅的主题里，这份政策适用可能性高，快到截止时间，没有标为已办理或与我无关"},
		"a withdrawal":          {domain.WithdrawalNotice, domain.Likely, "收到过的政策已撤回"},
		"a correction":          {domain.CorrectionNotice, domain.Possible, "收到过的内容有更正"},
		"all that is in force":  {domain.FirstPush, domain.Likely, "刚订阅，汇总现有的政策"},
		"an answer to question": {domain.AnswerPush, domain.Likely, "提过的问题有了答复"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := whySent(tt.kind, tt.verdict); got != tt.want {
				t.Errorf("%s", got)
			}
		})
	}
}
