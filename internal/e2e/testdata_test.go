package e2e

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// written is the year in which the documents of testdata were written. Their
// years are moved to the present one: a deadline that has passed would change
// what the service does with them.
const written = 2026

var yearInText = regexp.MustCompile(`20[0-9]{2}`)

func moveYears(text string) string {
	by := time.Now().Year() - written
	return yearInText.ReplaceAllStringFunc(text, func(y string) string {
		n, err := strconv.Atoi(y)
		if err != nil {
			return y // cannot happen: four digits
		}
		return strconv.Itoa(n + by)
	})
}

// document returns a document of testdata as if it were of this year.
func document(t testing.TB, name string) upload {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "internal", "e2e", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(name) == ".docx" {
		data = moveDocx(t, data)
	} else {
		data = []byte(moveYears(string(data)))
	}
	return upload{field: "files", name: name, content: data}
}

// moveDocx moves the years in a word processor's file. It leaves the file as it
// is in the year of its writing.
func moveDocx(t testing.TB, data []byte) []byte {
	t.Helper()
	if time.Now().Year() == written {
		return data
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "word/document.xml" {
			content = moveParagraphs(content)
		}
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var (
	paragraph = regexp.MustCompile(`(?s)<w:p[ >].*?</w:p>`)
	run       = regexp.MustCompile(`(?s)(<w:t[^>]*>)(.*?)(</w:t>)`)
)

// moveParagraphs moves the years in every paragraph. A year may be cut between
// two runs, so each run keeps its length and takes its part of the new text.
func moveParagraphs(xml []byte) []byte {
	return paragraph.ReplaceAllFunc(xml, func(p []byte) []byte {
		var old strings.Builder
		for _, m := range run.FindAllSubmatch(p, -1) {
			old.Write(m[2])
		}
		rest := moveYears(old.String()) // as long as before: every year has four digits
		return run.ReplaceAllFunc(p, func(r []byte) []byte {
			m := run.FindSubmatch(r)
			part := rest[:len(m[2])]
			rest = rest[len(m[2]):]
			return []byte(string(m[1]) + part + string(m[3]))
		})
	})
}
