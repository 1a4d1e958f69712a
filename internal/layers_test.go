package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the table of README's "Layout": which of our packages each
// package may import. A new arrow is a choice somebody makes here.
var mayImport = map[string][]string{
	"internal/domain":    {},
	"internal/automaton": {},
	"internal/segment":   {},
	"internal/config":    {},
	"internal/seal":      {},
	"internal/telemetry": {},

	"rules":             {"internal/domain"},
	"interpretations":   {"internal/domain"},
	"internal/document": {"internal/automaton", "internal/domain"},
	"internal/tagging":  {"internal/automaton", "internal/domain", "rules", "internal/segment", "internal/document"},

	"internal/learning": {"internal/domain", "rules", "internal/segment", "internal/document", "internal/tagging"},

	"internal/matching": {"internal/domain", "rules"},
	"internal/audience": {"internal/domain", "internal/matching", "rules"},
	"internal/push":     {"internal/domain", "rules"},
	"internal/search":   {"internal/domain", "internal/segment", "rules"},

	"internal/queue":   {"internal/domain"},
	"internal/channel": {"internal/domain"},
	"internal/auth":    {"internal/domain"},
	"internal/render":  {"internal/domain"},
	"internal/storage": {"internal/domain", "interpretations", "internal/seal"},

	"internal/demo": {"internal/domain", "rules", "interpretations", "internal/storage", "internal/auth"},
	"workers":       {"internal/domain", "internal/queue", "internal/channel", "internal/audience", "internal/push", "internal/storage"},
	"web": {
		"internal/domain", "rules", "interpretations", "internal/tagging", "internal/matching", "internal/audience",
		"internal/search", "internal/auth", "internal/storage", "internal/channel",
	},
}

// forbidden are outside packages that stop at one border.
var forbidden = map[string]string{
	"github.com/yanyiwu/gojieba":          "internal/segment",
	"github.com/gofiber/fiber/v2":         "web",
	"gopkg.in/yaml.v3":                    "rules internal/config",
	"database/sql":                        "internal/storage",
	"github.com/hibiken/asynq":            "internal/queue workers",
	"github.com/go-redis/redis_rate/v10":  "internal/queue",
	"github.com/go-gomail/gomail":         "internal/channel",
	"github.com/jackc/pgx/v5":             "internal/storage",
	"modernc.org/sqlite":                  "internal/storage",
	"github.com/emersion/go-smtp":         "internal/channel",
	"github.com/emersion/go-msgauth":      "internal/channel",
	"github.com/blevesearch":              "internal/search",
	"github.com/mozillazg/go-pinyin":      "internal/search",
	"github.com/RoaringBitmap/roaring/v2": "internal/audience workers web",
}

// TestLayers holds every import of every non-test file against the tables.
func TestLayers(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || path == "../internal/tools" || strings.HasPrefix(d.Name(), ".") && path != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		checkFile(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("looked at %d files only: is this the repository?", files)
	}
}

func checkFile(t *testing.T, path string) {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
	top := topOf(dir)
	if top == "cmd/policypush" || strings.HasSuffix(dir, "test") { // cmd wires everything; …test packages are for tests
		return
	}
	allowed, known := mayImport[top]
	if !known {
		t.Errorf("%s: package %s is not in the table of layers", path, dir)
		return
	}
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		for outside, owners := range forbidden {
			if (imported == outside || strings.HasPrefix(imported, outside+"/")) && !slices.Contains(strings.Fields(owners), top) {
				t.Errorf("%s imports %s, which stops at the border of %s", path, imported, owners)
			}
		}
		ours, ok := strings.CutPrefix(imported, "policypush/")
		if !ok {
			continue
		}
		if to := topOf(ours); to != top && !slices.Contains(allowed, to) {
			t.Errorf("%s: %s may not import %s", path, top, to)
		}
	}
}

// topOf cuts a package path to the unit of the table: internal/channel/email
// belongs to internal/channel.
func topOf(dir string) string {
	parts := strings.Split(dir, "/")
	switch {
	case parts[0] == "internal" || parts[0] == "cmd":
		return strings.Join(parts[:min(2, len(parts))], "/")
	default:
		return parts[0]
	}
}
