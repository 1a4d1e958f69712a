package config

import (
	"os"
	"strings"
	"testing"
)

// TestTheDocumentedSettingsAreTheSettings holds the table of docs/settings.md
// against the settings: names, variables, defaults, the words of the help, and
// nothing missing or invented.
func TestTheDocumentedSettingsAreTheSettings(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || !strings.HasPrefix(line, "| `") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		documented[strings.Trim(cells[0], "`")] = cells
	}
	cfg := Defaults()
	for _, s := range cfg.settings() {
		row, ok := documented[s.key]
		if !ok {
			t.Errorf("%s is not documented", s.key)
			continue
		}
		delete(documented, s.key)
		value := ""
		if v := s.show(); v != "" {
			value = "`" + v + "`"
		}
		for i, want := range map[int]string{1: "`" + s.envName() + "`", 2: value, 4: s.help} {
			if row[i] != want {
				t.Errorf("%s: documented %q, is %q", s.key, row[i], want)
			}
		}
		if row[3] == "" {
			t.Errorf("%s has no meaning in English", s.key)
		}
	}
	for key := range documented {
		t.Errorf("%s is documented and no setting", key)
	}
}
