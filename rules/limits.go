package rules

import (
	"time"

	"policypush/internal/domain"
)

// Limits are the defaults that keep pushing from being a nuisance. A channel
// that is missing from a map is not limited.
type Limits struct {
	// No text message goes out from QuietFrom to QuietTo, both counted from
	// midnight in Asia/Shanghai; the span may pass midnight.
	QuietFrom time.Duration
	QuietTo   time.Duration
	PerDay    map[domain.ChannelKind]int // messages to one person
	PerWeek   map[domain.ChannelKind]int
	MaxTitle  map[domain.ChannelKind]int // characters
	MaxText   map[domain.ChannelKind]int // characters; more than that makes a text message two
	Merge     time.Duration              // what comes within this time may be sent as one
	// UrgentBypass are the kinds of documents and validity terms that may
	// ignore quiet hours.
	UrgentBypass []string
}

// Quiet tells whether a time lies in the quiet hours.
func (l Limits) Quiet(t time.Time) bool {
	at := sinceMidnight(t)
	if l.QuietFrom <= l.QuietTo {
		return at >= l.QuietFrom && at < l.QuietTo
	}
	return at >= l.QuietFrom || at < l.QuietTo
}

func sinceMidnight(t time.Time) time.Duration {
	const beijing = 8 * 60 * 60 // no daylight saving since 1991, no time zone database needed
	t = t.In(time.FixedZone("CST", beijing))
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// limitsFile is the part policy of channels.yaml.
type limitsFile struct {
	QuietHours   []string       `yaml:"quiet_hours,required" check:"clock"`
	PerUserDay   map[string]int `yaml:"per_user_day" keyref:"channel"`
	PerUserWeek  map[string]int `yaml:"per_user_week" keyref:"channel"`
	MaxTitle     map[string]int `yaml:"max_title" keyref:"channel"`
	MaxText      map[string]int `yaml:"max_text" keyref:"channel"`
	MergeHours   int            `yaml:"merge_window_hours"`
	UrgentBypass []string       `yaml:"urgent_bypass" ref:"validity dockind"`

	at place
}

func (f *limitsFile) setPlace(p place) { f.at = p }

// channelKinds are the channels of the file that the service sends over.
var channelKinds = map[string]domain.ChannelKind{"CH-SMS": domain.SMS, "CH-APP": domain.App, "CH-MAIL": domain.Email}

func (l *loader) limits(f *limitsFile) {
	if len(f.QuietHours) != 2 {
		l.report(f.at.errorf("应当是开始和结束两个时刻，例如 [\"20:00\", \"08:00\"]").In("quiet_hours"))
		return
	}
	l.rules.Limits = Limits{
		QuietFrom:    clock(f.QuietHours[0]),
		QuietTo:      clock(f.QuietHours[1]),
		PerDay:       perChannel(f.PerUserDay),
		PerWeek:      perChannel(f.PerUserWeek),
		MaxTitle:     perChannel(f.MaxTitle),
		MaxText:      perChannel(f.MaxText),
		Merge:        time.Duration(min(f.MergeHours, 24*365)) * time.Hour,
		UrgentBypass: f.UrgentBypass,
	}
}

// clock reads 08:00; a time that is not one was reported when it was read.
func clock(s string) time.Duration {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

func perChannel(m map[string]int) map[domain.ChannelKind]int {
	out := map[domain.ChannelKind]int{}
	for code, n := range m {
		if kind, ok := channelKinds[code]; ok {
			out[kind] = n
		}
	}
	return out
}
