package document

import (
	"os"
	"regexp"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestPatternExamples holds that the normal form is the one that the patterns
// of extraction expect: their examples are as found in the wild.
func TestPatternExamples(t *testing.T) {
	data, err := os.ReadFile("../../rules/extraction/extraction-patterns.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Items []struct {
			Code     string
			RE       string
			Examples []struct {
				Text string
				Want map[string]string
			}
			Reject []string
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil || len(file.Items) == 0 {
		t.Fatalf("%d patterns, %v", len(file.Items), err)
	}
	for _, p := range file.Items {
		re := regexp.MustCompile(p.RE)
		for _, e := range p.Examples {
			m := re.FindStringSubmatch(normalise(e.Text))
			if m == nil {
				t.Errorf("%s does not find %q", p.Code, normalise(e.Text))
				continue
			}
			for group, want := range e.Want {
				if got := m[re.SubexpIndex(group)]; got != want {
					t.Errorf("%s finds %s=%q in %q, want %q", p.Code, group, got, normalise(e.Text), want)
				}
			}
		}
		for _, text := range p.Reject {
			if re.MatchString(normalise(text)) {
				t.Errorf("%s finds something in %q", p.Code, normalise(text))
			}
		}
	}
}
