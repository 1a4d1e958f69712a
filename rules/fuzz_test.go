package rules

import (
	"io/fs"
	"strings"
	"testing"
)

// FuzzFile reads hostile files: none may panic, and every mistake that is told
// names the file.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"calendar/workdays.yaml", "taxonomy/channels.yaml", "taxonomy/enterprise-size.yaml", "extraction/validity-terms.yaml"} {
		data, err := fs.ReadFile(embedded, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("meta: {id: jargon}\nitems: [{code: A1, name: &x 甲, plain: *x}]"))
	f.Add([]byte("meta: {id: themes-enterprise}\nitems: [{code: '', name: ~}, null, [1], 2]"))
	f.Add([]byte("meta: {id: divisions}\nitems: [{code: '990000', name: 甲省, level: city, parent: '990000'}]"))
	f.Add([]byte("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\nmeta: {id: index}"))
	f.Add([]byte(strings.Repeat("[", 5000)))
	f.Add([]byte("\xff\xfe\x00"))
	f.Add([]byte("--- a\n--- b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := newLoader()
		l.layer, l.names = 1, map[string]string{}
		l.file("a.yaml", data)
		l.resolve()
		if len(l.problems) == 0 {
			l.rules.index(l)
		}
		for _, p := range l.problems {
			if p.File != "a.yaml" || p.Text == "" || p.Line < 0 {
				t.Fatalf("a mistake without its place: %+v", p)
			}
		}
	})
}
