package tagging_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"policypush/internal/domain"
)

func readFile(t *testing.T, name string) *domain.Policy {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, name, string(data))
}

func TestReadsWhatIdentifiesADocument(t *testing.T) {
	for name, want := range map[string]domain.Policy{
		"technology.txt": {
			Title: "云川县人民政府关于支持企业技术改造的若干意见", DocNumber: "云政发〔2026〕12号", Issuers: []string{"云川县人民政府"},
			PublishDate: "2026-04-16", EffectiveFrom: "2026-05-01", Expires: "2029-04-30", ApplyDeadline: "2026-12-31",
			DocKind: "D11", Audience: domain.ForEnterprises, Contact: "0571-88000000",
			Replaces: []domain.Reference{{Title: "云川县人民政府关于促进工业投资的若干意见", DocNumber: "云政发〔2021〕3号"}},
		},
		"elderly.txt": {
			Title: "云川县民政局 云川县财政局关于发放高龄津贴的通知", DocNumber: "云民〔2026〕8号", Issuers: []string{"云川县民政局", "云川县财政局"},
			PublishDate: "2026-03-02", EffectiveFrom: "2026-03-02", DocKind: "D08", Audience: domain.ForResidents,
		},
		"internal.txt": {
			Title: "云川县人民政府办公室关于推进基层政务公开标准化规范化工作的实施方案", DocNumber: "云政办发〔2026〕21号",
			Issuers: []string{"云川县人民政府办公室"}, PublishDate: "2026-02-03", Audience: domain.ForNobody, DocKind: "D07",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := readFile(t, name)
			for _, f := range []struct{ field, got, want string }{
				{"title", strings.ReplaceAll(p.Title, " ", ""), strings.ReplaceAll(want.Title, " ", "")},
				{"number", p.DocNumber, want.DocNumber},
				{"issuers", strings.Join(p.Issuers, ","), strings.Join(want.Issuers, ",")},
				{"published", p.PublishDate, want.PublishDate},
				{"effective", p.EffectiveFrom, want.EffectiveFrom},
				{"expires", p.Expires, want.Expires},
				{"deadline", p.ApplyDeadline, want.ApplyDeadline},
				{"kind", p.DocKind, want.DocKind},
				{"audience", string(p.Audience), string(want.Audience)},
				{"contact", p.Contact, want.Contact},
			} {
				if f.got != f.want {
					t.Errorf("%s is %q, want %q", f.field, f.got, f.want)
				}
			}
			if !slices.Equal(p.Replaces, want.Replaces) {
				t.Errorf("replaces %v, want %v", p.Replaces, want.Replaces)
			}
		})
	}
}

// leaves writes the conditions of a measure in one line each.
func leaves(m *domain.Measure) []string {
	var out []string
	m.Criteria.Leaves(func(c *domain.Condition) {
		s := string(c.Field) + " " + string(c.Op) + " "
		if c.Op.Orders() {
			s += itoa(c.Number)
		} else {
			s += strings.Join(c.Values, ",")
		}
		out = append(out, strings.TrimSpace(s))
	})
	slices.Sort(out)
	return out
}

func itoa(n int64) string {
	if n == 0 {
		return "0"
	}
	var b []byte
	for ; n > 0; n /= 10 {
		b = append(b, byte('0'+n%10))
	}
	slices.Reverse(b)
	return string(b)
}

func TestReadsMeasures(t *testing.T) {
	p := readFile(t, "technology.txt")
	if len(p.Measures) != 3 {
		t.Fatalf("%d measures, want 3: %+v", len(p.Measures), p.Measures)
	}
	m := p.Measures[0]
	if m.Benefit.Kind != "B09" || m.Benefit.Rate != 0.15 || m.Benefit.Cap != 3_000_000 || m.Benefit.Base != "设备实际投资额" {
		t.Errorf("m1 gives %+v", m.Benefit)
	}
	if m.Window.Deadline != "2026-12-31" || m.Who != "在本县注册的制造业规模以上企业" {
		t.Errorf("m1 is for %q until %q", m.Who, m.Window.Deadline)
	}
	if got, want := leaves(&m), []string{"attribute in Z5", "industry in C", "kind in enterprise"}; !slices.Equal(got, want) {
		t.Errorf("m1 asks for %q, want %q", got, want)
	}
	m = p.Measures[1]
	if m.Benefit.Amount != 200_000 || !m.Benefit.Once {
		t.Errorf("m2 gives %+v", m.Benefit)
	}
	if got, want := leaves(&m), []string{"attribute in CR4", "kind in enterprise", "revenue ge 20000000", "size in small,micro", "staff le 300"}; !slices.Equal(got, want) {
		t.Errorf("m2 asks for %q, want %q", got, want)
	}
	m = p.Measures[2]
	if m.Benefit.Kind != "B02" || m.Benefit.Rate != 0.5 || m.How.Mode != "automatic" || len(m.Benefit.Tax) != 2 {
		t.Errorf("m3 gives %+v by %+v", m.Benefit, m.How)
	}
	if got, want := leaves(&m), []string{"assets le 50000000", "income le 3000000", "kind in enterprise", "staff le 300", "taxpayer in small-scale"}; !slices.Equal(got, want) {
		t.Errorf("m3 asks for %q, want %q", got, want)
	}
}

func TestSectionsThatAreLabelsMakeOneMeasure(t *testing.T) {
	p := readFile(t, "elderly.txt")
	if len(p.Measures) != 1 {
		t.Fatalf("%d measures, want 1", len(p.Measures))
	}
	m := p.Measures[0]
	if !slices.Equal(m.Benefit.Tiers, []float64{120, 300}) || m.Benefit.Unit != "人·月" || len(m.How.Materials) != 3 {
		t.Errorf("it gives %+v by %+v", m.Benefit, m.How)
	}
	got := leaves(&m)
	for _, want := range []string{"age ge 80", "kind in resident"} {
		if !slices.Contains(got, want) {
			t.Errorf("it asks for %q, and not for %q", got, want)
		}
	}
}

func TestWorkInsideGovernmentIsNotPushed(t *testing.T) {
	if p := readFile(t, "internal.txt"); p.Pushable() {
		t.Errorf("pushable, with themes %v and audience %s", p.Codes(domain.ThemeTag), p.Audience)
	}
}
