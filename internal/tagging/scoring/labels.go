// Package scoring compares what was read of documents with what a person says
// they hold. A folder holds labels.jsonl, one object a document, and the texts
// as texts/<id>.txt.
package scoring

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"policypush/internal/document"
	"policypush/internal/domain"
)

// Labels are what a person says about a document. A field that ends in OK
// lists values that are right as well; what Optional lists is neither right
// nor wrong. "*" among groups or kinds means that nobody is left out.
type Labels struct {
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Issuer       []string `json:"issuer"`
	IssuerInText bool     `json:"issuer_in_text"`

	DocNumber       string   `json:"doc_number"`
	DocNumberOK     []string `json:"doc_number_ok"`
	PublishDate     string   `json:"publish_date"`
	PublishDateOK   []string `json:"publish_date_ok"`
	EffectiveFrom   string   `json:"effective_from"`
	EffectiveFromOK []string `json:"effective_from_ok"`
	Expires         string   `json:"expires"`
	ExpiresOK       []string `json:"expires_ok"`
	ApplyDeadline   string   `json:"apply_deadline"`
	DocKind         string   `json:"doc_kind_code"`
	DocKindOK       []string `json:"doc_kind_ok"`

	Audience   string   `json:"audience"`
	AudienceOK []string `json:"audience_ok"`

	ThemesMain         []string `json:"themes_main"`
	Themes             []string `json:"themes"`
	ThemesOptional     []string `json:"themes_optional"`
	Taxes              []string `json:"tax_kinds"`
	TaxesOptional      []string `json:"tax_kinds_optional"`
	Industries         []string `json:"industries"`
	IndustriesOptional []string `json:"industries_optional"`
	Groups             []string `json:"resident_groups"`
	Kinds              []string `json:"enterprise_kinds"`
	Regions            []string `json:"regions"`
}

// Document is a text with its labels.
type Document struct {
	Labels
	Text *document.Document
}

// Load reads a folder. Errors name the file and the line.
func Load(dir string) ([]Document, error) {
	path := filepath.Join(dir, "labels.jsonl")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "没有标注文件，请检查文件夹").At(path, 0).Because(err)
	}
	var docs []Document
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 4<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var d Document
		if err := json.Unmarshal(lines.Bytes(), &d.Labels); err != nil || d.ID == "" {
			return nil, domain.Errorf(domain.Invalid, "不是一条完整的标注，请检查").At(path, n).Because(err)
		}
		if d.Text, err = document.ReadFile(filepath.Join(dir, "texts", d.ID+".txt"), document.DefaultLimits()); err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	if err := lines.Err(); err != nil {
		return nil, domain.Errorf(domain.Invalid, "标注文件读不了，请检查").At(path, 0).Because(err)
	}
	if len(docs) == 0 {
		return nil, domain.Errorf(domain.Invalid, "标注文件是空的").At(path, 0)
	}
	return docs, nil
}
