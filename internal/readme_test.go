package internal_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestReadmesShowTheLayers holds the layout tables of both READMEs against the
// table of layers.
func TestReadmesShowTheLayers(t *testing.T) {
	for _, file := range []string{"../README.md", "../README.zh-CN.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string][]string{}
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(strings.TrimSpace(line), " | ")
			if len(cells) != 3 || !strings.HasPrefix(line, "| `") {
				continue
			}
			shown[strings.Trim(cells[0], "| `")] = strings.Fields(strings.NewReplacer("`", "", "|", "", "–", "").Replace(cells[2]))
		}
		for name, imports := range mayImport {
			row, ok := shown[name]
			if !ok {
				t.Errorf("%s: %s is missing", file, name)
				continue
			}
			delete(shown, name)
			if !slices.Equal(slices.Sorted(slices.Values(row)), slices.Sorted(slices.Values(imports))) {
				t.Errorf("%s: %s may import %v, the layers say %v", file, name, row, imports)
			}
		}
		for name := range shown {
			t.Errorf("%s: %s is not in the table of layers", file, name)
		}
	}
}
