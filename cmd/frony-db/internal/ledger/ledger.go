// Package ledger records which files of a folder have chunks in a collection. So the
// chunks of a removed file can be deleted, even if it was removed while nobody watched.
//
//	{"folder":"/home/me/notes","collection":"notes","created":"…","version":1}
//	{"file":"a.md"}
//	{"file":"b/c.md"}
//	{"file":"a.md","gone":true}
//
// A ledger is an append-only file of lines. When it is opened, it is rewritten without
// the removed files.
//
// # What always holds
//
//  1. A file is in the ledger, on disk, before its first chunk is stored, and until
//     its last chunk is deleted. A crash can leave a name too many, which is harmless,
//     but never one too few.
//  2. A torn last line is ignored.
//  3. A ledger belongs to one folder and one collection. A collection of the same name
//     that was created later has a ledger of its own.
package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const version = 1

// Key identifies a ledger.
type Key struct {
	Folder     string    `json:"folder"` // absolute
	Prefix     string    `json:"prefix,omitempty"`
	Collection string    `json:"collection"`
	Created    time.Time `json:"created"` // of the collection
}

type header struct {
	Key
	Version int `json:"version"`
}

type line struct {
	File string `json:"file"`
	Gone bool   `json:"gone,omitempty"`
}

// Ledger is an open ledger. It is not safe for concurrent use. The lock on the database
// ensures that only one process has it open.
type Ledger struct {
	f     *os.File
	files map[string]bool
}

// Open opens the ledger of key in dir, which is created if it is missing. A file that
// is not a ledger of key is replaced.
func Open(dir string, key Key) (*Ledger, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	id := sha256.Sum256([]byte(key.Folder + "\x00" + key.Prefix + "\x00" + key.Collection))
	path := filepath.Join(dir, hex.EncodeToString(id[:8])+".ledger")
	l := &Ledger{files: map[string]bool{}}
	if err := l.read(path, key); err != nil {
		return nil, err
	}
	if err := l.rewrite(path, key); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return l, nil
}

// read loads the file, if it is a ledger of key.
func (l *Ledger) read(path string, key Key) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first := true
	for text := range bytes.Lines(b) {
		if first {
			var h header
			if json.Unmarshal(text, &h) != nil || h.Version != version || h.Folder != key.Folder ||
				h.Prefix != key.Prefix || h.Collection != key.Collection || !h.Created.Equal(key.Created) {
				return nil
			}
			first = false
			continue
		}
		var e line
		if json.Unmarshal(text, &e) != nil || e.File == "" {
			continue
		}
		if e.Gone {
			delete(l.files, e.File)
		} else {
			l.files[e.File] = true
		}
	}
	return nil
}

// rewrite replaces the file by one with the current content, and keeps it open.
func (l *Ledger) rewrite(path string, key Key) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriter(f)
	e := json.NewEncoder(w)
	if err := e.Encode(header{key, version}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		if err := e.Encode(line{File: name}); err != nil {
			return err
		}
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	l.f = f
	return nil
}

// Add records files whose chunks are about to be stored. It returns when the names are
// on disk.
func (l *Ledger) Add(names ...string) error {
	return l.append(false, names)
}

// Remove records that the chunks of files have been deleted.
func (l *Ledger) Remove(names ...string) error {
	return l.append(true, names)
}

func (l *Ledger) append(gone bool, names []string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, name := range names {
		if l.files[name] != gone {
			continue // already recorded
		}
		if err := e.Encode(line{name, gone}); err != nil {
			return err
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if _, err := l.f.Write(b.Bytes()); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	for _, name := range names {
		if gone {
			delete(l.files, name)
		} else {
			l.files[name] = true
		}
	}
	return nil
}

// Files are the names that were added and not removed, sorted.
func (l *Ledger) Files() iter.Seq[string] {
	return slices.Values(slices.Sorted(maps.Keys(l.files)))
}

// Close closes the file.
func (l *Ledger) Close() error { return l.f.Close() }
