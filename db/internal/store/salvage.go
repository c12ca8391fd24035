package store

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// LostDir is the folder beside the store for files that were damaged, or that the list
// of tables did not name, when someone chose to go on without them.
const LostDir = "lost"

// salvage makes the files such that Badger opens them and loses nothing that can be
// read. It keeps a copy of every file that it changes.
func (i *inspection) salvage() error {
	keep, err := lostDir(i.dir)
	if err != nil {
		return err
	}
	for _, l := range i.logs {
		if l.dirty() && l.later() > 0 {
			if err := l.close(keep); err != nil {
				return err
			}
		}
	}
	return i.salvageTables(keep)
}

// close rewrites the log without what cannot be read. Transactions with holes are
// left out.
func (l *logFile) close(keep string) error {
	if err := copyFile(l.path, filepath.Join(keep, filepath.Base(l.path))); err != nil {
		return err
	}
	b := bytes.Clone(l.data[:l.sound])
	for _, t := range l.behind {
		if !t.whole {
			continue
		}
		b = append(b, l.data[t.at:t.end]...)
		if last := t.entries[len(t.entries)-1]; last.end == t.end && last.meta&metaTxn != 0 {
			b = append(b, encodeEnd(t.ts)...) // only its end was damaged
		}
	}
	return disk.WriteFile(l.path, b)
}

// encodeEnd is the entry that ends a transaction.
func encodeEnd(ts uint64) []byte {
	value := strconv.FormatUint(ts, 10)
	b := []byte{metaFin, 0, byte(len(txnEnd) + 8), byte(len(value)), 0}
	b = append(append(b, y.KeyWithTs([]byte(txnEnd), ts)...), value...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func (i *inspection) salvageTables(keep string) error {
	if len(i.adopt)+len(i.half)+len(i.gone)+len(i.broken) == 0 && i.manifest.whole == i.manifest.size {
		return nil
	}
	name := filepath.Join(i.dir, "MANIFEST")
	if err := copyFile(name, filepath.Join(keep, "MANIFEST")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, id := range i.gone {
		delete(i.manifest.levels, id)
	}
	next := i.nextTable()
	for _, id := range slices.Concat(i.broken, i.half) {
		level := i.manifest.levels[id]
		delete(i.manifest.levels, id)
		made, err := i.carve(id, next)
		if err != nil {
			return err
		}
		if made {
			i.manifest.levels[next] = level
			next++
		}
	}
	for _, id := range i.adopt {
		i.manifest.levels[id] = 0 // any table may be there, whatever its keys
	}
	if err := i.manifest.write(i.dir); err != nil {
		return err
	}
	for _, id := range slices.Concat(i.broken, i.half) { // named no more
		path := table.NewFilename(id, i.dir)
		if err := os.Rename(path, filepath.Join(keep, filepath.Base(path))); err != nil {
			return err
		}
	}
	return disk.SyncDir(i.dir)
}

// nextTable is a number that no table has.
func (i *inspection) nextTable() (next uint64) {
	for id := range i.manifest.levels {
		next = max(next, id)
	}
	for id := range i.manifest.deleted {
		next = max(next, id)
	}
	for _, list := range [][]uint64{i.adopt, i.half, i.broken, i.gone} {
		for _, id := range list {
			next = max(next, id)
		}
	}
	return next + 1
}

// carve makes a new table of what can be read of a damaged one, if there is anything.
func (i *inspection) carve(id, as uint64) (made bool, err error) {
	t, err := carveTable(table.NewFilename(id, i.dir))
	if err != nil {
		return false, err
	}
	defer t.close() //nolint:errcheck // only read
	b := table.NewTableBuilder(table.Options{
		BlockSize: 4 << 10, BloomFalsePositive: 0.01, TableSize: 64 << 20, Compression: options.None,
	})
	defer b.Close()
	var last []byte
	for n := range t.blocks {
		err := t.entries(n, func(key, value []byte) error {
			if last != nil && compareKeys(last, key) >= 0 {
				return nil // not in order: not a block of this table
			}
			last = append(last[:0], key...)
			var v y.ValueStruct
			v.Decode(value)
			b.Add(key, v, 0)
			return nil
		})
		if err != nil && !errors.Is(err, errTable) {
			return false, err
		}
	}
	if last == nil {
		return false, nil
	}
	return true, disk.WriteFile(table.NewFilename(as, i.dir), b.Finish())
}

// fence keeps Badger from cutting a damaged value log: it cuts only the newest, so an
// empty one becomes the newest. Values that are damaged are found when they are read.
func (i *inspection) fence() error {
	for _, l := range i.values {
		n, err := strconv.Atoi(trimExt(l.path))
		if err != nil {
			continue
		}
		b := make([]byte, logHeader)
		_, _ = rand.Read(b[8:]) // never fails
		if err := disk.WriteFile(filepath.Join(i.dir, fmt.Sprintf("%06d.vlog", n+1)), b); err != nil {
			return err
		}
	}
	return nil
}

func trimExt(path string) string {
	name := filepath.Base(path)
	return name[:len(name)-len(filepath.Ext(name))]
}

func copyFile(from, to string) error {
	b, err := readSparse(from)
	if err != nil {
		return err
	}
	return disk.WriteFile(to, b)
}
