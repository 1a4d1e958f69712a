package search

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// format grows with every change of what stands in an index on disk.
const format = 6

// keyMark parts the name of an entry of a folder from the mark of its content.
const keyMark = "\x00"

// Folder is an index that outlives its process, over things that have a name
// and a mark, such as files and their hashes.
type Folder struct {
	*Index
	dir   string
	marks map[string]string // by name
}

// OpenFolder opens the index in a folder of its own. If there is none, or it
// is not as Close left it, it begins empty. It fails with ErrInUse if another
// process works with it.
func OpenFolder(dir string, lex *Lexicon) (*Folder, error) {
	if sealed(dir) {
		x, err := open(dir, lex)
		if errors.Is(err, ErrInUse) {
			return nil, err
		}
		if err == nil {
			marks, err := x.names()
			if err == nil {
				return &Folder{Index: x, dir: dir, marks: marks}, nil
			}
			_ = x.Close() // it is made anew
		}
	}
	x, err := create(dir, lex, false)
	if err != nil {
		return nil, err
	}
	return &Folder{Index: x, dir: dir, marks: map[string]string{}}, nil
}

// Close ends the work with the index and notes how it was left.
func (f *Folder) Close() error {
	if err := f.Index.Close(); err != nil {
		return fmt.Errorf("close search index: %w", err)
	}
	sum, err := checksum(f.dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(sealOf(f.dir), []byte(sum), 0o600); err != nil {
		return fmt.Errorf("seal search index: %w", err)
	}
	return nil
}

func sealOf(dir string) string { return dir + ".sum" }

// sealed tells whether an index is as Close left it. The seal is broken before
// anything is written.
func sealed(dir string) bool {
	want, err := os.ReadFile(sealOf(dir))
	if err != nil {
		return false
	}
	got, err := checksum(dir)
	return err == nil && got == string(want)
}

// checksum is the format and the sums of all files of a folder.
func checksum(dir string) (string, error) {
	var b strings.Builder
	fmt.Fprintln(&b, "policypush search", format)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, filepath.Base(path), len(data), crc32.ChecksumIEEE(data))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("check search index: %w", err)
	}
	return b.String(), nil
}

// names reads the names and marks of all entries.
func (x *Index) names() (map[string]string, error) {
	r, err := x.reader()
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	ids, err := r.DocIDReaderAll()
	for err == nil {
		id, nextErr := ids.Next()
		if id == nil || nextErr != nil {
			err = errors.Join(nextErr, ids.Close())
			break
		}
		var key string
		if key, err = r.ExternalID(id); err == nil {
			name, mark, ok := strings.Cut(key, keyMark)
			if names[name] = mark; !ok {
				err = errEntry
			}
		}
	}
	return names, errors.Join(err, r.Close())
}

// Update makes the index hold what marks says, by name. read is called for
// every name whose mark is new and returns its entry, or nil for what cannot
// be read.
func (f *Folder) Update(ctx context.Context, marks map[string]string, read func(name string) *Entry) error {
	var gone []string
	for name, mark := range f.marks {
		if marks[name] != mark {
			gone = append(gone, name+keyMark+mark)
			delete(f.marks, name)
		}
	}
	var batch []*Entry
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.marks[name] == marks[name] {
			continue
		}
		e := read(name)
		if e == nil {
			continue
		}
		f.marks[name] = marks[name]
		e.Key = name + keyMark + marks[name]
		if batch = append(batch, e); len(batch) == atOnce {
			if err := f.Apply(batch, gone); err != nil {
				return err
			}
			batch, gone = nil, nil
		}
	}
	if len(batch)+len(gone) == 0 {
		return nil
	}
	return f.Apply(batch, gone)
}

// Name is the name of what a result is about.
func (r Result) Name() string {
	name, _, _ := strings.Cut(r.Key, keyMark)
	return name
}
