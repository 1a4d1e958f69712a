package search

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"policypush/internal/segment"
	"policypush/rules"
)

// Fields of a document of the index, beside one for every facet.
const (
	textField     = "x"
	titleField    = "y"
	numberField   = "n"
	dateField     = "d"
	deadlineField = "e"
	overField     = "z"
	bodyField     = "b"
)

// Index is an index on disk. It may be used by many goroutines.
type Index struct {
	bleve    bleve.Index
	analyzer analyzer
	words    *words

	mu sync.Mutex // one writer at a time

	lengths  sync.Mutex
	averages map[string]average // by field
}

// Lexicon is what the engine knows about words. It is made once and serves
// every index.
type Lexicon struct {
	segment *segment.Segmenter
	words   *words
}

// NewLexicon takes synonyms, places and the dictionary of sounds from the rules.
func NewLexicon(r *rules.Rules, seg *segment.Segmenter) *Lexicon {
	return &Lexicon{segment: seg, words: newWords(r)}
}

// ErrInUse says that another process has the index open.
var ErrInUse = errors.New("the search index is in use by another process")

// Create makes an empty index in a folder of its own, which is emptied first.
// It fails with ErrInUse if another process works with it. What is written may
// be lost when the process ends: it is made again.
func Create(dir string, lex *Lexicon) (*Index, error) { return create(dir, lex, true) }

func create(dir string, lex *Lexicon, unsafe bool) (*Index, error) {
	if old, err := open(dir, lex); err == nil { // nobody else has it
		if err := old.Close(); err != nil {
			return nil, err
		}
	} else if errors.Is(err, ErrInUse) {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("empty search index: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of search index: %w", err)
	}
	m := bleve.NewIndexMapping()
	m.ScoringModel = index.BM25Scoring
	m.DefaultMapping = bleve.NewDocumentStaticMapping() // documents come with their fields
	return wrap(lex)(bleve.NewUsing(dir, m, scorch.Name, scorch.Name, map[string]any{"unsafe_batch": unsafe, "bolt_timeout": lockTime}))
}

// open opens an index that was made before.
func open(dir string, lex *Lexicon) (*Index, error) {
	return wrap(lex)(bleve.OpenUsing(dir, map[string]any{"bolt_timeout": lockTime}))
}

// lockTime is how long to wait for another process to let go of an index.
const lockTime = "200ms"

func wrap(lex *Lexicon) func(bleve.Index, error) (*Index, error) {
	return func(b bleve.Index, err error) (*Index, error) {
		switch {
		case err != nil && err.Error() == "timeout": // bbolt's, which bleve passes on as text
			return nil, ErrInUse
		case err != nil:
			return nil, fmt.Errorf("open search index: %w", err)
		}
		return &Index{bleve: b, analyzer: analyzer{lex.segment}, words: lex.words, averages: map[string]average{}}, nil
	}
}

// Close ends the work with the index.
func (x *Index) Close() error { return x.bleve.Close() }

// Len returns the number of entries.
func (x *Index) Len() int {
	n, err := x.bleve.DocCount()
	if err != nil {
		return 0
	}
	return int(n) // far below the limit
}

// Apply puts entries in, replacing those of the same key, and takes keys out.
func (x *Index) Apply(put []*Entry, gone []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	batch := x.bleve.NewBatch()
	for _, key := range gone {
		batch.Delete(key)
	}
	for _, e := range put {
		doc, err := x.document(e)
		if err != nil {
			return err
		}
		if err := batch.IndexAdvanced(doc); err != nil {
			return fmt.Errorf("index %s: %w", e.Key, err)
		}
	}
	if err := x.bleve.Batch(batch); err != nil {
		return fmt.Errorf("write search index: %w", err)
	}
	return nil
}

// sortable fields and facets are kept by column too.
const column = index.IndexField | index.DocValues | index.SkipFreqNorm

func (x *Index) document(e *Entry) (*document.Document, error) {
	body, err := e.encode()
	if err != nil {
		return nil, err
	}
	doc := document.NewDocument(e.Key)
	add := func(field, value string, options index.FieldIndexingOptions, a analysis.Analyzer) {
		doc.AddField(document.NewTextFieldCustom(field, nil, []byte(value), options, a))
	}
	text := make([]byte, 0, len(body))
	text = append(text, e.Title...)
	for _, p := range e.Passages {
		text = append(text, '\n')
		text = append(text, p.Text...)
	}
	add(textField, string(text), index.IndexField, x.analyzer)
	add(titleField, e.Title, index.IndexField, x.analyzer)
	if key := numberKey(e.DocNumber); key != "" {
		add(numberField, key, index.IndexField|index.SkipFreqNorm, whole{})
	}
	for facet, values := range e.Facets {
		for _, v := range values {
			add(string(facet), v, column, whole{})
		}
	}
	add(dateField, e.Date, column, whole{})
	for _, day := range e.Deadlines {
		add(deadlineField, day, column, whole{})
	}
	if over := e.overOn(); over != "" {
		add(overField, over, index.IndexField|index.SkipFreqNorm, whole{})
	}
	doc.AddField(document.NewTextFieldCustom(bodyField, nil, body, index.StoreField, nil))
	return doc, nil
}
