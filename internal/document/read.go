package document

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"unicode/utf8"

	"policypush/internal/domain"
)

// Read reads the bytes of a file. The error is a *domain.Error that names the
// file and says what to do.
func Read(name string, data []byte, lim Limits) (*Document, error) {
	sum := sha256.Sum256(data)
	d, err := FromText(name, string(data))
	if err != nil {
		return nil, err
	}
	d.SHA256 = hex.EncodeToString(sum[:])
	return d, nil
}

// ReadFile is Read for a file on this machine.
func ReadFile(path string, lim Limits) (*Document, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "文件打不开，请检查路径和权限").At(path, 0).Because(err)
	}
	return Read(path, data, lim)
}

// FromText reads a text that was typed or pasted.
func FromText(name, text string) (*Document, error) {
	d := &Document{Name: name, Format: "txt"}
	var out strings.Builder
	at := 0
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if at > 0 {
			out.WriteByte('\n')
			at++
		}
		n := utf8.RuneCountInString(l)
		d.Clauses = append(d.Clauses, domain.Clause{Kind: domain.TextClause, Start: at, End: at + n, Text: l})
		out.WriteString(l)
		at += n
	}
	if at == 0 {
		return nil, domain.Errorf(domain.Invalid, "没有文字，请检查内容").At(name, 0)
	}
	d.Text = out.String()
	return d, nil
}
