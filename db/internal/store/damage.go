package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
)

const restoreHint = "nothing was changed; restore a backup, or restore this file from a copy of the directory"

// checkFiles refuses a store that Badger would damage further, or panic on.
//
// Badger deletes tables that its manifest does not name, as leftovers. That is right
// while the manifest is complete: such a table was never finished, or has been
// compacted. If the manifest is missing or ends within a record, the table may hold
// the only copy of its data.
func checkFiles(dir string, o badger.Options) error {
	names, err := filesOf(dir, ".sst")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, badger.ManifestFilename)
	m, whole, size, err := readManifest(path, o)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(names) == 0:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s is missing, and there are %d tables that it should list; %s", ErrCorrupt, badger.ManifestFilename, len(names), restoreHint)
	case err != nil:
		return fmt.Errorf("%w: %s: %w; %s", ErrCorrupt, badger.ManifestFilename, err, restoreHint)
	}
	for _, name := range names {
		id, ok := table.ParseFileID(name)
		if _, listed := m.Tables[id]; !ok || !listed {
			if whole == size {
				continue
			}
			return fmt.Errorf("%w: %s ends within a record, at byte %d, and does not list the table %s; %s. If the power failed while the table was being written, the log still holds its data: move the table out of the directory and open again",
				ErrCorrupt, badger.ManifestFilename, whole, filepath.Base(name), restoreHint)
		}
		sound, err := soundTable(name)
		if err != nil {
			return err
		}
		if !sound {
			return fmt.Errorf("%w: the index at the end of the table %s is damaged; %s", ErrCorrupt, filepath.Base(name), restoreHint)
		}
	}
	return nil
}

// readManifest returns the manifest, how many of its bytes are complete records, and
// its size.
func readManifest(path string, o badger.Options) (m badger.Manifest, whole, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return m, 0, 0, err
	}
	m, whole, err = badger.ReplayManifestFile(f, 0, o)
	return m, whole, info.Size(), err
}

// soundTable reports whether the end of a table is intact. Badger panics on one that
// is not, in a goroutine of its own. The end is
//
//	┌───────┬────────────┬───────────────────────────┬────────────┐
//	│ index │ length u32 │ checksum: 0x10 sum varint │ length u32 │
//	└───────┴────────────┴───────────────────────────┴────────────┘
//
// with lengths big-endian, and the sum the CRC-32C of the index.
func soundTable(name string) (ok bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	end := info.Size()
	take := func(n int64) []byte { // the n bytes before end
		if err != nil || n > end {
			end = -1
			return make([]byte, 4)
		}
		b := make([]byte, n)
		end -= n
		_, err = f.ReadAt(b, end)
		return b
	}
	length := func() int64 { return int64(binary.BigEndian.Uint32(take(4))) }
	sum := take(min(length(), 1<<8))
	index := take(length())
	if err != nil || end < 0 || len(sum) < 2 || sum[0] != 0x10 {
		return false, err
	}
	want, _ := binary.Uvarint(sum[1:])
	return want == uint64(crc32.Checksum(index, crc32.MakeTable(crc32.Castagnoli))), nil
}

// openBadger opens Badger, and adds the way out to its errors.
func openBadger(o badger.Options) (*badger.DB, error) {
	bdb, err := badger.OpenManaged(o)
	if o.ReadOnly && err != nil && strings.Contains(err.Error(), badger.ErrTruncateNeeded.Error()) { // Badger does not wrap it
		return nil, fmt.Errorf("%w: it was not closed cleanly, and its log must be recovered first: open it for writing once", ErrReadOnly)
	}
	if _, ok := errors.AsType[*fs.PathError](err); err != nil && !ok {
		err = fmt.Errorf("%w: %w; restore a backup", ErrCorrupt, err)
	}
	return bdb, err
}
