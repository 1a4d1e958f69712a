package audience

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A snapshot is a file of sections, each with its length and checksum before
// it: a head, the dictionary, the chunks, the keywords, and an empty section as
// the end. Chunks are written as their columns and the numbers of keywords; the
// rows follow from the columns. It holds profiles and must be kept like the
// database.
const snapshotMagic = "policypush audience 5\n"

// maxSection bounds a section: a chunk with all columns has a tenth of it.
const maxSection = 1 << 26

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is why a snapshot is not read.
var errDamaged = errors.New("the snapshot is damaged")

// head says what of the log a snapshot holds. The mark of the last change tells
// the log from another that has come to the same number: that of another
// database, or of the same after it was restored from a backup.
type head struct {
	seq    int64
	mark   int64
	last   int64 // the subscriber whom the last change was about: changes of older releases have no mark
	chunks int
}

// headOf describes the log up to a change.
func headOf(ctx context.Context, from Source, seq int64) (head, error) {
	h := head{seq: seq}
	if seq == 0 {
		return h, nil
	}
	changes, err := from.Changes(ctx, seq-1, 1)
	if err != nil {
		return h, err
	}
	if len(changes) == 0 || changes[0].Seq != seq {
		return h, fmt.Errorf("the log does not hold change %d any more", seq)
	}
	h.last, h.mark = int64(changes[0].Row.ID), changes[0].Mark
	return h, nil
}

// Save writes a snapshot of an index that follows a source. The file appears
// whole or not at all. Changes go on meanwhile; those that come in late are in
// the snapshot or are applied again after it is loaded.
func (x *Index) Save(ctx context.Context, from Source, path string) error {
	err := x.save(ctx, from, path)
	if err != nil {
		return fmt.Errorf("save audience snapshot: %w", err)
	}
	return nil
}

// unfinished ends the name of a file that is being written.
const unfinished = ".new-*"

// leftAfter is how old an unfinished file is of which nobody writes any more.
const leftAfter = time.Hour

// removeLeftovers removes what a process left that was killed while it wrote.
// Several processes may share the folder, so what is young may be another's.
func removeLeftovers(path string) {
	old, _ := filepath.Glob(path + unfinished) // a bad pattern finds nothing
	for _, name := range old {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > leftAfter {
			_ = os.Remove(name) // the next one tries again
		}
	}
}

func (x *Index) save(ctx context.Context, from Source, path string) error {
	h, err := headOf(ctx, from, x.AppliedSeq())
	if err != nil {
		return err
	}
	removeLeftovers(path)
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails once it is renamed
	defer file.Close()
	for try := 1; ; try++ {
		if try > patience {
			x.writing.Lock()
			defer x.writing.Unlock()
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		held := x.held.Load()
		version := held.dictionary.version.Load()
		out := bufio.NewWriterSize(file, 1<<20)
		if err := held.writeTo(ctx, out, h); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if held.dictionary.version.Load() == version {
			break // else a chunk may name a code that the dictionary in the file has not
		}
	}
	end, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if err := file.Truncate(end); err != nil { // an earlier try may have been longer
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (s *state) writeTo(ctx context.Context, out io.Writer, h head) error {
	chunks := *s.chunks.Load()
	h.chunks = len(chunks)
	if _, err := io.WriteString(out, snapshotMagic); err != nil {
		return err
	}
	s.dictionary.mu.RLock()
	dictionary := s.dictionary.encodeTo(nil)
	s.dictionary.mu.RUnlock()
	for _, section := range [][]byte{h.encodeTo(nil), dictionary} {
		if err := writeSection(out, section); err != nil {
			return err
		}
	}
	var section []byte
	saved := newSavedWords()
	for _, c := range chunks {
		s.dictionary.mu.RLock()
		c.mu.RLock()
		section = c.encodeTo(section[:0], s.words, saved)
		c.mu.RUnlock()
		s.dictionary.mu.RUnlock()
		if err := writeSection(out, section); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := writeSection(out, appendStrings(section[:0], saved.texts)); err != nil {
		return err
	}
	return writeSection(out, nil)
}

func writeSection(out io.Writer, section []byte) error {
	start := binary.LittleEndian.AppendUint32(nil, uint32(len(section)))
	start = binary.LittleEndian.AppendUint32(start, crc32.Checksum(section, castagnoli))
	if _, err := out.Write(start); err != nil {
		return err
	}
	_, err := out.Write(section)
	return err
}

// section is one that is read; its memory is used for the next.
type section struct {
	bytes []byte
	sum   uint32
}

func (s *section) read(in io.Reader) error {
	var start [8]byte
	if _, err := io.ReadFull(in, start[:]); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	n := binary.LittleEndian.Uint32(start[:])
	if n > maxSection {
		return fmt.Errorf("%w: a section of %d bytes", errDamaged, n)
	}
	s.sum = binary.LittleEndian.Uint32(start[4:])
	s.bytes = slices.Grow(s.bytes[:0], int(n))[:n]
	if _, err := io.ReadFull(in, s.bytes); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}

func (s *section) check() error {
	if crc32.Checksum(s.bytes, castagnoli) != s.sum {
		return fmt.Errorf("%w: a checksum does not match", errDamaged)
	}
	return nil
}

// Open fills the index from a snapshot and the changes since, or from the
// source where there is no snapshot or it is not of use; why not is told to
// refused, unless the file just does not exist.
func (x *Index) Open(ctx context.Context, path string, from Source, refused func(error)) error {
	seq, err := x.load(ctx, path, from)
	if err == nil {
		x.progress.move(seq)
		if err = x.catchUp(ctx, from); err == nil {
			x.stage.done.Store(true)
		}
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	if !errors.Is(err, os.ErrNotExist) {
		refused(fmt.Errorf("load audience snapshot: %w", err))
	}
	return x.Build(ctx, from)
}

func (x *Index) load(ctx context.Context, path string, from Source) (seq int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if err := x.stage.begin(ctx, from); err != nil {
		return 0, err
	}
	h, s, err := readSnapshot(ctx, bufio.NewReader(file), &x.stage.read)
	if err != nil {
		return 0, err
	}
	last, err := from.LastChange(ctx)
	if err != nil {
		return 0, err
	}
	if last < h.seq {
		return 0, fmt.Errorf("it knows change %d, the database only %d: the database is an older one", h.seq, last)
	}
	now, err := headOf(ctx, from, h.seq)
	if err != nil {
		return 0, err
	}
	if now.last != h.last || now.mark != h.mark {
		return 0, fmt.Errorf("change %d is another one in the database", h.seq)
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	x.held.Store(s)
	return h.seq, nil
}

// readSnapshot reads all of a snapshot or none. It counts in read whom it has
// come to.
func readSnapshot(ctx context.Context, in io.Reader, read *atomic.Int64) (head, *state, error) {
	magic := make([]byte, len(snapshotMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != snapshotMagic {
		return head{}, nil, fmt.Errorf("%w: it does not begin as one", errDamaged)
	}
	var one section
	next := func() error { return cmp.Or(one.read(in), one.check()) }
	if err := next(); err != nil {
		return head{}, nil, err
	}
	h, err := decodeHead(one.bytes)
	if err != nil {
		return head{}, nil, err
	}
	if err := next(); err != nil {
		return head{}, nil, err
	}
	s := newState()
	if err := s.dictionary.decodeFrom(one.bytes); err != nil {
		return head{}, nil, err
	}
	chunks, err := readChunks(ctx, in, h.chunks, s.dictionary, read)
	if err != nil {
		return head{}, nil, err
	}
	if err := next(); err != nil {
		return head{}, nil, err
	}
	if s.words, err = decodeWords(one.bytes, chunks); err != nil {
		return head{}, nil, err
	}
	if err := next(); err != nil || len(one.bytes) > 0 {
		return head{}, nil, fmt.Errorf("%w: it has no end", errDamaged)
	}
	s.adopt(chunks)
	return h, s, nil
}

// readChunks reads chunks one after the other, and decodes them on all cores.
// It counts the people in them.
func readChunks(ctx context.Context, in io.Reader, n int, d *dictionary, people *atomic.Int64) ([]*chunk, error) {
	var (
		chunks  = make([]*chunk, n)
		reading sync.Mutex // guards what follows, and in
		begun   int
		failed  error
		group   sync.WaitGroup
	)
	read := func(into *section) (i int, ok bool) {
		reading.Lock()
		defer reading.Unlock()
		if begun == n || failed != nil {
			return 0, false
		}
		begun++
		failed = cmp.Or(ctx.Err(), into.read(in))
		return begun - 1, failed == nil
	}
	work := func() {
		var mine section
		for i, ok := read(&mine); ok; i, ok = read(&mine) {
			err := mine.check()
			if err == nil {
				chunks[i], err = decodeChunk(mine.bytes, d)
			}
			if err == nil {
				people.Add(int64(chunks[i].live.n))
			} else {
				reading.Lock()
				failed = err
				reading.Unlock()
			}
		}
	}
	for range workers() {
		group.Go(work)
	}
	group.Wait()
	return chunks, failed
}
