package db

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fronyai/frony-db/db/internal/archive"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// restoring is the state of a restore, which reads backups newest first.
type restoring struct {
	// begin is called with each collection, and put with each of its documents. Nil
	// only verifies them.
	begin func(c *restored) error
	put   func(c *restored, node uint32, r *store.Record, record, vector []byte) error

	newest      bool
	collections map[uint32]*restored
}

type restored struct {
	archivedCollection
	dims    int
	missing map[uint32]bool // live nodes that no backup has had yet
	loaded  uint64          // documents
	damaged []DamagedDocument
}

// read reads one backup after its header.
func (s *restoring) read(ctx context.Context, a *archive.Reader, header BackupInfo) (BackupInfo, error) {
	var cur *restored // nil: the collection no longer exists
	var lines []BackupCollection
	last := uint32(0)
	for {
		if err := ctx.Err(); err != nil {
			return header, err
		}
		kind, b, err := a.Next()
		if err != nil {
			return header, err
		}
		if kind != archive.Collection && kind != archive.Manifest && len(lines) == 0 {
			return header, reason.For(ErrBackup, "block %q before the first collection", kind)
		}
		switch kind {
		case archive.Collection:
			var c archivedCollection
			if err := json.Unmarshal(b, &c); err != nil {
				return header, reason.For(ErrBackup, "malformed description of a collection: %v", err)
			}
			lines = append(lines, BackupCollection{Name: c.Info.Name})
			last = 0
			if cur, err = s.collection(c); err != nil {
				return header, err
			}
		case archive.Live:
			err = eachLive(b, &last, func(node uint32) error {
				lines[len(lines)-1].Live++
				return s.live(cur, node)
			})
		case archive.Documents:
			err = eachDocument(b, func(node uint32, record, vector []byte) error {
				lines[len(lines)-1].Documents++
				return s.document(cur, node, record, vector)
			})
		case archive.Manifest:
			m, err := readManifest(a, header, b, lines)
			if err == nil && s.newest {
				s.noteDamaged(&m)
				err = s.checkAliases(m.Aliases)
			}
			return m, err
		default:
			err = reason.For(ErrBackup, "block of unknown type %q", kind)
		}
		if err != nil {
			return header, err
		}
		lines[len(lines)-1].SHA256 = a.CollectionSum() // so far
	}
}

// checkAliases refuses aliases that no database could have.
func (s *restoring) checkAliases(aliases []Alias) error {
	names := map[string]bool{}
	for _, c := range s.collections {
		names[c.Info.Name] = true
	}
	for _, a := range aliases {
		if err := checkName(a.Name); err != nil {
			return fmt.Errorf("%w: %w", ErrBackup, err)
		}
		if names[a.Name] || !names[a.Collection] {
			return reason.For(ErrBackup, "the alias %q of %q does not fit the collections", a.Name, a.Collection)
		}
	}
	return nil
}

// readManifest compares the manifest with what was read.
func readManifest(a *archive.Reader, header BackupInfo, b []byte, lines []BackupCollection) (m BackupInfo, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return m, reason.For(ErrBackup, "malformed manifest: %v", err)
	}
	docs := 0
	for i, line := range lines {
		docs += line.Documents
		if i >= len(m.Collections) || !m.Collections[i].matches(&line) {
			return m, reason.For(ErrBackup, "collection %q does not match the manifest", line.Name)
		}
	}
	sum, n := a.Sum()
	if m.ID != header.ID || len(m.Collections) != len(lines) || m.Documents != docs || m.Bytes != n || m.SHA256 != sum {
		return m, reason.For(ErrBackup, "contents do not match the manifest")
	}
	return m, a.End()
}

// matches compares what can be counted.
func (c *BackupCollection) matches(read *BackupCollection) bool {
	return c.Name == read.Name && c.Live == read.Live && c.Documents == read.Documents && c.SHA256 == read.SHA256
}

func (s *restoring) collection(c archivedCollection) (*restored, error) {
	if !s.newest {
		return s.collections[c.Info.ID], nil
	}
	if s.collections == nil {
		s.collections = make(map[uint32]*restored)
	}
	if err := checkName(c.Info.Name); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	set, err := index.DecodeSettings(c.Info)
	if err != nil || set.Dims < 1 || set.Dims > maxDims || set.HeadDims < 1 || set.HeadDims > set.Dims {
		return nil, reason.For(ErrBackup, "invalid settings of collection %q", c.Info.Name)
	}
	if s.collections[c.Info.ID] != nil {
		return nil, reason.For(ErrBackup, "collection %d occurs twice", c.Info.ID)
	}
	r := &restored{archivedCollection: c, dims: set.Dims, missing: make(map[uint32]bool)}
	s.collections[c.Info.ID] = r
	if s.begin != nil {
		err = s.begin(r)
	}
	return r, err
}

// noteDamaged adds the damaged documents that the manifest names to those that were
// found, and makes the manifest name both.
func (s *restoring) noteDamaged(m *BackupInfo) {
	for i := range m.Collections {
		line := &m.Collections[i]
		for _, c := range s.collections {
			if c.Info.Name != line.Name {
				continue
			}
			c.damaged = append(c.damaged, line.Damaged...)
			line.Damaged = c.damaged
		}
	}
}

// settle makes the counts those of what was read: without the documents that are damaged
// and that no older backup has.
func (s *restoring) settle(info *BackupInfo) error {
	for _, c := range s.collections {
		c.damaged = slices.DeleteFunc(c.damaged, func(d DamagedDocument) bool {
			gone := c.missing[d.Node]
			delete(c.missing, d.Node)
			return !gone
		})
		if n := len(c.missing); n > 0 {
			return reason.For(ErrBackup, "%d documents of collection %q are in none of the backups", n, c.Info.Name)
		}
		for i := range info.Collections {
			if info.Collections[i].Name == c.Info.Name {
				info.Collections[i].Damaged = c.damaged
			}
		}
		c.State.Live = c.loaded
	}
	return nil
}

func (s *restoring) live(c *restored, node uint32) error {
	if c == nil || !s.newest {
		return nil
	}
	if node >= c.State.Next {
		return reason.For(ErrBackup, "node %d of collection %q is not below %d", node, c.Info.Name, c.State.Next)
	}
	c.missing[node] = true
	return nil
}

func (s *restoring) document(c *restored, node uint32, record, vector []byte) error {
	if c == nil || !c.missing[node] {
		return nil // deleted since, or read from a newer backup
	}
	r, err := store.DecodeRecord(record, store.WithAll)
	if err == nil {
		err = r.Verify(vector)
	}
	if err != nil { // it was damaged when the backup was made: the backup has its sums
		d := DamagedDocument{Node: node, Detail: err.Error()}
		if r != nil {
			d.ID = r.ID
		}
		c.damaged = append(c.damaged, d)
		return nil
	}
	if len(vector) != 4*c.dims {
		return reason.For(ErrBackup, "vector of document %q has %d bytes, want %d", r.ID, len(vector), 4*c.dims)
	}
	if err := checkID(r.ID, maxIDBytes); err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	delete(c.missing, node)
	c.loaded++
	if s.put == nil {
		return nil
	}
	return s.put(c, node, r, record, vector)
}

// check verifies the invariants of the new store.
func (s *restoring) check(st *store.Store) error {
	v := st.View(nil)
	defer v.Close()
	for _, c := range s.collections {
		var fault error
		err := v.Check(c.Info.ID, c.dims, func(f store.Fault) {
			if fault == nil {
				fault = reason.For(ErrBackup, "collection %q, node %d %s: %s", c.Info.Name, f.Node, f.ID, f.Detail)
			}
		})
		if err := errors.Join(err, fault); err != nil {
			return err
		}
	}
	return nil
}

// eachLive calls f for the nodes of a list, which are coded as differences from
// last.
func eachLive(b []byte, last *uint32, f func(node uint32) error) error {
	for len(b) > 0 {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > 1<<32-1-uint64(*last) {
			return reason.For(ErrBackup, "malformed list of nodes")
		}
		*last += uint32(n)
		if err := f(*last); err != nil {
			return err
		}
		b = b[k:]
	}
	return nil
}

func eachDocument(b []byte, f func(node uint32, record, vector []byte) error) error {
	for len(b) > 0 {
		node, k := binary.Uvarint(b)
		if k <= 0 || node > 1<<32-1 {
			return reason.For(ErrBackup, "malformed node number")
		}
		b = b[k:]
		var parts [2][]byte
		for i := range parts {
			n, k := binary.Uvarint(b)
			if k <= 0 || n > uint64(len(b)-k) {
				return reason.For(ErrBackup, "a document ends within its block")
			}
			parts[i], b = b[k:k+int(n)], b[k+int(n):]
		}
		if err := f(uint32(node), parts[0], parts[1]); err != nil {
			return err
		}
	}
	return nil
}
