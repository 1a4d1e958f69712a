package document

import (
	"sync"
	"time"

	"policypush/internal/domain"
)

// Document is what was read from a file.
type Document struct {
	Name   string // as given by the person
	Format string // txt, md, html, docx, pdf, ofd
	SHA256 string // of the file's bytes, in hexadecimal digits
	// Text is the normalised text: the texts of the clauses, each followed by
	// a line feed except for the last.
	Text    string
	Clauses []domain.Clause
	Notes   []string // what was changed while reading, in Chinese, for people
	Sources []Source // the lines of the file, see [Document.Origins]

	strands []strand // of the clauses
	once    sync.Once
	origins []Origin
}

// Limits bound what a file may cost.
type Limits struct {
	MaxBytes    int64         // of the file
	MaxText     int           // code points of the text
	MaxExpanded int64         // bytes of a packed file after unpacking
	PDFTimeout  time.Duration // for the program that reads PDF files

	plain bool // take everything for text
}

// asText makes Read take everything for text.
func (l Limits) asText() Limits {
	l.plain = true
	return l
}

// DefaultLimits are far above what offices publish: 64 MB, 4,000,000 code
// points, 256 MB unpacked, one minute.
func DefaultLimits() Limits {
	return Limits{MaxBytes: 64 << 20, MaxText: 4_000_000, MaxExpanded: 256 << 20, PDFTimeout: time.Minute}
}
