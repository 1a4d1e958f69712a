package audience

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// This file is the form of the sections of a snapshot. Numbers are little
// endian; lists have their length before them.

func appendStrings(b []byte, list []string) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, s := range list {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

func appendBytes(b, list []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	return append(b, list...)
}

func appendShorts(b []byte, list []uint16) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, n := range list {
		b = binary.LittleEndian.AppendUint16(b, n)
	}
	return b
}

func appendWords(b []byte, list []uint32) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, n := range list {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// sectionReader takes a section apart. After the first thing that is missing,
// everything is zero and err says so.
type sectionReader struct {
	rest []byte
	err  error
}

func (r *sectionReader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", errDamaged, what)
	}
	r.rest = nil
}

func (r *sectionReader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail("a section is too short")
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *sectionReader) word() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *sectionReader) long() int64 {
	if b := r.take(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// count reads the length of a list whose elements have at least some bytes.
func (r *sectionReader) count(bytes int) int {
	n := int(r.word())
	if n > len(r.rest)/bytes {
		r.fail("a list is longer than its section")
		return 0
	}
	return n
}

func (r *sectionReader) strings() []string {
	list := make([]string, r.count(4))
	for i := range list {
		list[i] = string(r.take(r.count(1)))
	}
	return list
}

func (r *sectionReader) shorts() []uint16 {
	list := make([]uint16, r.count(2))
	raw := r.take(2 * len(list))
	for i := range list {
		list[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return list
}

func (r *sectionReader) words() []uint32 {
	list := make([]uint32, r.count(4))
	raw := r.take(4 * len(list))
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	return list
}

// done returns what went wrong; that something is left over is wrong as well.
func (r *sectionReader) done() error {
	if len(r.rest) > 0 {
		r.fail("a section is too long")
	}
	return r.err
}

func (h head) encodeTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(h.seq))
	b = binary.LittleEndian.AppendUint64(b, uint64(h.mark))
	b = binary.LittleEndian.AppendUint64(b, uint64(h.last))
	return binary.LittleEndian.AppendUint32(b, uint32(h.chunks))
}

func decodeHead(section []byte) (head, error) {
	r := sectionReader{rest: section}
	h := head{seq: r.long(), mark: r.long(), last: r.long(), chunks: int(r.word())}
	if h.chunks > 1<<16 || h.seq < 0 {
		r.fail("its head makes no sense")
	}
	return h, r.done()
}

// encodeTo writes the codes in the order of their numbers, so that reading
// them gives them the same ones.
func (d *dictionary) encodeTo(b []byte) []byte {
	for i := range d.codes {
		b = appendStrings(b, d.codes[i].codes[1:])
	}
	for i := range d.sets {
		s := &d.sets[i]
		b = appendStrings(b, s.codes[len(s.codes)-len(s.numbers):]) // without the members that are no codes
	}
	return b
}

// decodeFrom fills a new dictionary.
func (d *dictionary) decodeFrom(section []byte) error {
	r := sectionReader{rest: section}
	for i := range d.codes {
		for n, code := range r.strings() {
			if d.newNumber(i, code) != uint16(n+1) {
				r.fail("a code is there twice")
				break
			}
		}
	}
	for i := range d.sets {
		for n, code := range r.strings() {
			if _, ok := d.newMember(uint8(i), code); !ok || len(d.sets[i].numbers) != n+1 {
				r.fail("a code is there twice")
				break
			}
		}
	}
	return r.done()
}

// savedWords numbers the keywords of a snapshot: those in use have no gaps, and
// an id may mean another word when the next chunk is written.
type savedWords struct {
	numbers map[uint32]uint32 // by id
	texts   []string          // by number
	known   map[string]uint32 // the other way round
}

func newSavedWords() *savedWords {
	return &savedWords{numbers: map[uint32]uint32{}, known: map[string]uint32{}}
}

func (s *savedWords) number(id uint32, words *keywords) uint32 {
	n, seen := s.numbers[id]
	if seen {
		return n
	}
	text := words.word(id)
	if n, seen = s.known[text]; !seen {
		n = uint32(len(s.texts))
		s.texts = append(s.texts, text)
		s.known[text] = n
	}
	s.numbers[id] = n
	return n
}

// encodeTo writes a chunk.
func (c *chunk) encodeTo(b []byte, words *keywords, saved *savedWords) []byte {
	b = appendWords(b, c.ids)
	for i := range c.codes {
		b = appendBytes(b, c.codes[i].bytes)
		b = appendShorts(b, c.codes[i].words)
	}
	for _, column := range c.numbers {
		b = appendWords(b, column)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(c.far)))
	for at, n := range c.far {
		b = binary.LittleEndian.AppendUint32(b, uint32(at.column)<<16|uint32(at.slot))
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, column := range c.sets {
		b = binary.LittleEndian.AppendUint32(b, uint32(column.width))
		b = appendBytes(b, column.bits)
	}
	var held, pairs []uint32 // the latter are slot and keyword by turns
	for i := range c.ids {
		held = c.words.of(held[:0], uint16(i))
		for _, id := range held {
			pairs = append(pairs, uint32(i), saved.number(id, words))
		}
	}
	return appendWords(b, pairs)
}

// bytes reads a list of bytes into memory of its own.
func (r *sectionReader) bytes() []byte { return append([]byte(nil), r.take(r.count(1))...) }

// decodeChunk reads a chunk and derives its rows. Whether there are such
// keywords is to be looked at later, see decodeWords.
func decodeChunk(section []byte, d *dictionary) (*chunk, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	r := sectionReader{rest: section}
	c := &chunk{ids: r.words()}
	if len(c.ids) > chunkSize {
		r.fail("a chunk has too many slots")
		return nil, r.err
	}
	for slot, id := range c.ids {
		if id == 0 {
			c.free = append(c.free, uint16(slot))
		}
	}
	for i := range c.codes {
		column := codeColumn{bytes: r.bytes(), words: r.shorts()}
		if len(column.words) == 0 {
			column.words = nil
		}
		c.codes[i] = column
		known := len(d.codes[i].codes)
		if max(len(column.bytes), len(column.words)) > len(c.ids) || len(column.bytes) > 0 && len(column.words) > 0 ||
			slices.ContainsFunc(column.bytes, func(n uint8) bool { return int(n) >= known }) ||
			slices.ContainsFunc(column.words, func(n uint16) bool { return int(n) >= known }) {
			r.fail("a column does not fit its chunk")
		}
	}
	for i := range c.numbers {
		if c.numbers[i] = r.words(); len(c.numbers[i]) > len(c.ids) {
			r.fail("a column does not fit its chunk")
		}
	}
	if n := r.count(12); n > 0 {
		c.far = make(map[farSlot]int64, n)
		for range n {
			at := r.word()
			c.far[farSlot{uint8(at >> 16), uint16(at)}] = r.long()
		}
	}
	for i := range c.sets {
		column := setColumn{width: int(r.word()), bits: r.bytes()}
		c.sets[i] = column
		if column.width > (len(d.sets[i].rows)+7)/8 || len(column.bits) > column.width*len(c.ids) || len(column.bits)%max(column.width, 1) != 0 {
			r.fail("a column does not fit its chunk")
			return nil, r.err
		}
		for at := column.width - 1; at >= 0 && at < len(column.bits); at += column.width {
			if bits.Len8(column.bits[at])+8*(column.width-1) > len(d.sets[i].rows) {
				r.fail("a set has a member that is no code")
				return nil, r.err
			}
		}
	}
	pairs := r.words()
	held := make([]holder, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if int(pairs[i]) >= len(c.ids) || c.ids[pairs[i]] == 0 {
			r.fail("a keyword is nobody's")
			break
		}
		held = append(held, holder{pairs[i+1], uint16(pairs[i])})
	}
	c.words.fill(held)
	if err := r.done(); err != nil {
		return nil, err
	}
	c.derive(d)
	return c, nil
}

// decodeWords reads the keywords that chunks hold. Their numbers become their
// ids.
func decodeWords(section []byte, chunks []*chunk) (*keywords, error) {
	r := sectionReader{rest: section}
	texts := r.strings()
	holders := make([]uint32, len(texts))
	for _, c := range chunks {
		for i := range c.words.byWord {
			for _, pair := range c.words.byWord[i] {
				word := pair >> 16
				if word >= uint64(len(texts)) {
					r.fail("a keyword is missing")
					return nil, r.err
				}
				holders[word]++
			}
		}
	}
	words := newKeywords()
	if !words.restore(texts, holders) {
		r.fail("a keyword is nobody's, or there twice")
	}
	return words, r.done()
}
