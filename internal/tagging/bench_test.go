package tagging_test

import (
	"os"
	"strings"
	"testing"

	"policypush/internal/document"
)

// BenchmarkRead reads and understands a document of about 10 KB.
func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile("testdata/technology.txt")
	if err != nil {
		b.Fatal(err)
	}
	body := string(data)
	parts := strings.SplitAfterN(body, "二、", 2)
	for len(body) < 10_000 {
		body = parts[0] + body[len(parts[0]):] + parts[1]
	}
	tagger(b)
	b.SetBytes(int64(len(body)))
	b.ResetTimer()
	for b.Loop() {
		doc, err := document.FromText("bench.txt", body)
		if err != nil {
			b.Fatal(err)
		}
		tagger(b).Read(doc)
	}
}
