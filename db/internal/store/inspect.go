package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// inspection is what the files of a store look like before Badger opens them. Badger
// mends what it takes for the marks of a kill, and that means deleting: tables that
// its list does not name, and logs from the first entry on that does not fit. So
// whatever else it may be is found first, and nothing is changed.
type inspection struct {
	dir      string
	ledger   acknowledged
	logs     []*logFile // write-ahead logs
	values   []*logFile // the newest value log, if something in it is damaged
	manifest *manifest
	adopt    []uint64 // unnamed tables with data that is nowhere else
	half     []uint64 // unnamed tables that were never finished
	gone     []uint64 // named tables that are not there
	broken   []uint64 // named tables of which Badger cannot read what it needs
	damaged  holes    // blocks of named tables
	large    bool     // the blocks have not been read
	newest   uint64   // the newest transaction that opening would find

	lost     []string // what opening would lose that was acknowledged
	unsynced []string // what it would lose that was not on disk when the system stopped
}

// inspect reads the files in dir. stopped says that the system stopped while the last
// writes were not on disk.
func inspect(dir string, stopped bool) (i *inspection, err error) {
	i = &inspection{dir: dir}
	if i.ledger, _, err = readLedger(dir); err != nil {
		return nil, err
	}
	if err := i.readLogs(); err != nil {
		return nil, err
	}
	if err := i.readTables(); err != nil {
		return nil, err
	}
	i.compare(stopped)
	return i, nil
}

func (i *inspection) readLogs() error {
	paths, err := filesOf(i.dir, ".mem")
	if err != nil {
		return err
	}
	for _, path := range paths {
		l, err := readLog(path)
		if err != nil {
			return err
		}
		if l != nil {
			i.logs = append(i.logs, l)
			i.newest = max(i.newest, l.newest)
		}
	}
	if paths, err = filesOf(i.dir, ".vlog"); err != nil || len(paths) == 0 {
		return err
	}
	l, err := readLog(paths[len(paths)-1]) // Badger cuts only the newest
	if err != nil {
		return err
	}
	if l != nil && l.dirty() {
		i.values = append(i.values, l)
	}
	return nil
}

func (i *inspection) readTables() error {
	paths, err := filesOf(i.dir, ".sst")
	if err != nil {
		return err
	}
	i.manifest, err = readManifest(i.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(paths) == 0:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		i.lose("%s is missing, and there are %d tables that it should name", badger.ManifestFilename, len(paths))
	case errors.Is(err, errManifest):
		i.lose("%v", err)
	case err != nil:
		return err
	case i.manifest.whole < i.manifest.size:
		// What a kill tears is the change that names a new table, whose data is in
		// the log as well. Else the table is found below.
	}
	there := make(map[uint64]*tableFile)
	defer func() {
		for _, t := range there {
			_ = t.close() // only read
		}
	}()
	var unnamed []*tableFile
	for _, path := range paths {
		t, err := openTable(path)
		id := tableID(path)
		_, named := i.manifest.levels[id]
		switch {
		case errors.Is(err, errTable) && named:
			there[id] = nil
			i.broken = append(i.broken, id)
			i.lose("%v", err)
		case errors.Is(err, errTable) && i.manifest.whole < i.manifest.size:
			i.half = append(i.half, id)
			i.lose("%s ends within a change, at byte %d of %d, and does not name the %v", badger.ManifestFilename, i.manifest.whole, i.manifest.size, err)
		case errors.Is(err, errTable):
			i.half = append(i.half, id)
		case err != nil:
			return err
		case named:
			there[id] = t
			i.newest = max(i.newest, t.maxVersion)
			err := t.ends()
			_ = t.close() // one at a time: there may be more than may be open
			if errors.Is(err, errTable) {
				i.broken = append(i.broken, id)
				i.lose("%v", err)
			} else if err != nil {
				return err
			}
		case i.manifest.deleted[id]:
			_ = t.close() // Badger deletes it: what it held has been merged into others
		default:
			unnamed = append(unnamed, t)
		}
	}
	for id := range i.manifest.levels {
		if _, ok := there[id]; !ok {
			i.gone = append(i.gone, id)
			i.lose("table %06d.sst is missing", id)
		}
	}
	if err := i.scrub(there); err != nil {
		return err
	}
	return i.compareUnnamed(unnamed, there)
}

// scrub reads the blocks of the named tables that Badger can open.
func (i *inspection) scrub(there map[uint64]*tableFile) (err error) {
	var paths []string
	for id, t := range there {
		if t != nil && !slices.Contains(i.broken, id) {
			paths = append(paths, t.path)
		}
	}
	if i.large = sizeOf(paths) > scrubAtOnce; i.large {
		return nil
	}
	i.damaged, err = scrubAll(paths, func(string) bool { return false }, nil)
	return err
}

// compareUnnamed finds the unnamed tables that hold what no other file does. After a
// kill there may be others: a compaction that had written its tables and not named
// them yet, or a log that had become a table.
func (i *inspection) compareUnnamed(unnamed []*tableFile, there map[uint64]*tableFile) error {
	var logged map[string]bool
	if len(unnamed) > 0 {
		logged = make(map[string]bool)
		for _, l := range i.logs {
			for _, t := range l.txns {
				for _, e := range t.entries {
					logged[string(e.key)] = true
				}
			}
		}
	}
	for _, t := range unnamed {
		missing, err := t.missing(logged, there)
		if err = errors.Join(err, t.close()); err != nil && !errors.Is(err, errTable) {
			return err
		}
		if missing == 0 && err == nil {
			continue
		}
		i.adopt = append(i.adopt, t.id)
		i.lose("%s does not name the table %s, which holds data that is nowhere else", badger.ManifestFilename, t.name)
	}
	return nil
}

// missing counts the keys of the table that are neither logged nor in other tables.
func (t *tableFile) missing(logged map[string]bool, others map[uint64]*tableFile) (n int, err error) {
	in := make(map[*tableFile]*blockKeys)
	for i := range t.blocks {
		err := t.keys(i, func(key []byte) error {
			if logged[string(key)] {
				return nil
			}
			for _, o := range others {
				if o == nil {
					continue
				}
				if in[o] == nil {
					in[o] = &blockKeys{at: -1}
				}
				if ok, err := in[o].has(o, key); ok || err != nil && !errors.Is(err, errTable) {
					return err
				}
			}
			n++
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// blockKeys are the keys of the block that was looked at last.
type blockKeys struct {
	at   int
	keys map[string]bool
}

func (b *blockKeys) has(t *tableFile, key []byte) (bool, error) {
	at := t.seek(key)
	if at < 0 {
		return false, nil
	}
	if at != b.at {
		b.at, b.keys = at, make(map[string]bool)
		if err := t.keys(at, func(k []byte) error { b.keys[string(k)] = true; return nil }); err != nil {
			return false, err
		}
	}
	return b.keys[string(key)], nil
}

// ends reads the first and the last block, without which Badger cannot open a table.
func (t *tableFile) ends() error {
	if len(t.blocks) == 0 {
		return t.damaged("its index names no block")
	}
	_, _, err := t.read(0)
	if err == nil {
		_, _, err = t.read(len(t.blocks) - 1)
	}
	return err
}

// compare compares the logs with themselves and with the ledger.
func (i *inspection) compare(stopped bool) {
	expected := i.ledger.written
	if stopped {
		expected = i.ledger.synced
	}
	for _, l := range i.logs {
		if !l.dirty() {
			continue
		}
		ts := l.tornAt()
		what := fmt.Sprintf("the log %s is damaged at byte %d: of transaction %d%s", filepath.Base(l.path), l.sound, ts, l.documents())
		switch n := l.later(); {
		case ts != 0 && ts <= expected:
			if n > 0 {
				what += fmt.Sprintf("; %d later ones stand behind it", n)
			}
			i.lose("%s", what)
		case n > 0 && stopped:
			i.unsynced = append(i.unsynced, what)
		case n > 0:
			i.lose("%s; %d later ones stand behind it", what, n)
		}
	}
	if i.newest < expected && len(i.lost) == 0 {
		i.lose("the newest transaction is %d, and %d was acknowledged: a log or a list of tables is missing, cut, or older than the rest", i.newest, expected)
	}
}

func (i *inspection) lose(format string, args ...any) {
	i.lost = append(i.lost, fmt.Sprintf(format, args...))
}

// documents names the documents of the transaction at which the log is damaged, as
// far as their ids can be read.
func (l *logFile) documents() string {
	var ids []string
	for _, t := range l.behind {
		if t.ts != l.behind[0].ts {
			break
		}
		for _, e := range t.entries {
			if len(e.key) > 13 && e.key[0] == keyID {
				ids = append(ids, string(e.key[5:len(e.key)-8]))
			}
		}
	}
	if len(ids) == 0 {
		return ", whose documents cannot be read"
	}
	return ", with the documents " + reason.IDs(ids...)
}

// err is why the store must not be opened as it is, or nil.
func (i *inspection) err() error {
	if len(i.lost) == 0 {
		return nil
	}
	return reason.For(ErrCorrupt, "%s. %s", strings.Join(i.lost, "; "), wayOut)
}

// wayOut is what helps if acknowledged data would be lost by opening the store.
const wayOut = "Nothing was changed: restore a backup, or put the file back from a copy. " +
	"Or go on with what is intact: 'frony-db doctor --accept-loss', or Options.AcceptLoss; damaged files are kept in the folder lost"
