package interpretations

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Record leads to a video or to the record of a press conference that stands
// elsewhere. What is said there can be read here: a video without its words
// explains nothing to who cannot hear it, or pays for each megabyte.
type Record struct {
	Form       RecordForm `json:"form"`
	URL        string     `json:"url"`               // https, on a site of the government or one it uses
	Date       string     `json:"date"`              // YYYY-MM-DD
	Speaker    string     `json:"speaker,omitempty"` // who explains
	Minutes    int        `json:"minutes,omitempty"`
	Transcript string     `json:"transcript"` // what is said, in paragraphs
	Clause     string     `json:"clause"`     // path of the clause that it explains first
}

// RecordForm is the form of a record.
type RecordForm string

// The forms of records.
const (
	Video      RecordForm = "video"
	Conference RecordForm = "conference"
	Briefing   RecordForm = "briefing"
	Interview  RecordForm = "interview"
)

// RecordForms lists the forms in the order of the pages.
func RecordForms() []RecordForm { return []RecordForm{Video, Conference, Briefing, Interview} }

// Label returns the Chinese name of the form.
func (f RecordForm) Label() string {
	switch f {
	case Video:
		return "视频解读"
	case Conference:
		return "新闻发布会"
	case Briefing:
		return "政策吹风会"
	case Interview:
		return "负责人访谈"
	default:
		return string(f)
	}
}

// MaxTranscript is the length in characters of what may be said in a record:
// two hours.
const MaxTranscript = 30_000

func (r *Record) cites() []string { return []string{r.Clause} }

// words is empty: what was said is quoted.
func (r *Record) words() string { return "" }

func (r *Record) check(f *findings) {
	if r.Form.Label() == string(r.Form) {
		f.add("form", domain.Errorf(domain.Invalid, "请选择是视频、发布会、吹风会还是访谈").In("形式"))
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(r.URL) > 500 || strings.ContainsAny(r.URL, " \t\r\n") {
		f.add("url", domain.Errorf(domain.Invalid, "网址要以 https:// 开头，请从浏览器地址栏复制").In("网址"))
	}
	if _, err := time.Parse(time.DateOnly, r.Date); err != nil {
		f.add("date", domain.Errorf(domain.Invalid, "日期“%s”无效，请写成2026-12-10这样", r.Date).In("日期"))
	}
	if r.Minutes < 0 || r.Minutes > 600 {
		f.add("minutes", domain.Errorf(domain.Invalid, "时长要是0到600分钟").In("时长"))
	}
	if utf8.RuneCountInString(r.Speaker) > 60 {
		f.add("speaker", domain.Errorf(domain.Invalid, "解读人超过60字，请缩短").In("解读人"))
	}
	f.text("transcript", "文字实录", r.Transcript, MaxTranscript)
	f.cited("clause", r.Clause)
}
