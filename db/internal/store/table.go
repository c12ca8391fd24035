package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sort"

	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/table"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTable is the reason why a table or a part of it cannot be read.
var errTable = errors.New("damaged")

// tableFile reads a table as it lies on disk, and trusts nothing in it. Badger's own
// reader panics on some damage, and skips the rest of a table after other damage. A
// table is
//
//	┌───────┬───┬───────┬────────────┬────────────────────┬────────────┐
//	│ block │ … │ index │ length u32 │ 0x10 checksum      │ length u32 │
//	└───────┴───┴───────┴────────────┴────────────────────┴────────────┘
//
// with lengths big-endian, and the checksum the CRC-32C of the index as a varint.
// A block ends the same way: its entries' offsets, their number u32, checksum and
// length. Badger does not compress or encrypt the tables of this store.
type tableFile struct {
	id         uint64
	path, name string
	f          *os.File // nil: closed
	blocks     []block
	maxVersion uint64
}

// block is the place of a block and the range of its keys: from first up to, but
// not including, end. end is nil in the last block.
type block struct {
	at, length int64
	first, end []byte
}

// openTable reads the index of a table.
func openTable(path string) (t *tableFile, err error) {
	id, ok := table.ParseFileID(path)
	if !ok {
		return nil, fmt.Errorf("%s: %w: its name is not a table's", filepath.Base(path), errTable)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t = &tableFile{id: id, path: path, name: filepath.Base(path), f: f}
	if err := t.readIndex(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// close closes the file. A later read opens it again.
func (t *tableFile) close() error {
	if t == nil || t.f == nil {
		return nil
	}
	err := t.f.Close()
	t.f = nil
	return err
}

func (t *tableFile) damaged(why string) error {
	return fmt.Errorf("table %s: %w: %s", t.name, errTable, why)
}

func (t *tableFile) readIndex() (err error) {
	info, err := t.f.Stat()
	if err != nil {
		return err
	}
	end := info.Size()
	take := func(n int64) []byte { // the n bytes before end
		if err != nil || n > end {
			end = -1
			return make([]byte, 4)
		}
		b := make([]byte, n)
		end -= n
		_, err = t.f.ReadAt(b, end)
		return b
	}
	length := func() int64 { return int64(binary.BigEndian.Uint32(take(4))) }
	sum := take(min(length(), 1<<8))
	index := take(length())
	if err != nil {
		return err
	}
	if end < 0 || !soundSum(sum, index) {
		return t.damaged("the index at its end does not have its checksum")
	}
	defer func() { // the checksum is right, so whoever wrote it wrote something else
		if r := recover(); r != nil {
			err = t.damaged(fmt.Sprintf("its index cannot be read: %v", r))
		}
	}()
	root := fb.GetRootAsTableIndex(index, 0)
	t.maxVersion = root.MaxVersion()
	t.blocks = make([]block, root.OffsetsLength())
	for i := range t.blocks {
		var o fb.BlockOffset
		root.Offsets(&o, i)
		t.blocks[i] = block{at: int64(o.Offset()), length: int64(o.Len()), first: bytes.Clone(o.KeyBytes())}
		if i > 0 {
			t.blocks[i-1].end = t.blocks[i].first
		}
		if int64(o.Offset())+int64(o.Len()) > end {
			return t.damaged("its index names a block behind its end")
		}
	}
	return nil
}

// soundSum reports whether sum, as Badger encodes a checksum, is that of b.
func soundSum(sum, b []byte) bool {
	if len(sum) == 0 { // the checksum is 0
		return crc32.Checksum(b, castagnoli) == 0
	}
	want, n := binary.Uvarint(sum[1:])
	return sum[0] == 0x10 && n > 0 && want == uint64(crc32.Checksum(b, castagnoli))
}

// read reads block i: its entries, and their offsets.
func (t *tableFile) read(i int) (data []byte, offsets []uint32, err error) {
	if t.f == nil {
		if t.f, err = os.Open(t.path); err != nil {
			return nil, nil, err
		}
	}
	b := make([]byte, t.blocks[i].length)
	if _, err := t.f.ReadAt(b, t.blocks[i].at); err != nil {
		return nil, nil, err
	}
	return t.parse(i, b)
}

// parse takes block i apart.
func (t *tableFile) parse(i int, b []byte) (data []byte, offsets []uint32, err error) {
	damaged := t.damaged(fmt.Sprintf("block %d at byte %d does not have its checksum", i, t.blocks[i].at))
	take := func(n int64) []byte {
		if n < 0 || n > int64(len(b)) {
			return nil
		}
		part := b[int64(len(b))-n:]
		b = b[:int64(len(b))-n]
		return part
	}
	length := take(4)
	if length == nil {
		return nil, nil, damaged
	}
	sum := take(int64(binary.BigEndian.Uint32(length)))
	if sum == nil || !soundSum(sum, b) {
		return nil, nil, damaged
	}
	count := take(4)
	if count == nil {
		return nil, nil, damaged
	}
	list := take(4 * int64(binary.BigEndian.Uint32(count)))
	if list == nil {
		return nil, nil, damaged
	}
	offsets = make([]uint32, 0, len(list)/4)
	for ; len(list) > 0; list = list[4:] { // Badger keeps them as the machine does
		offsets = append(offsets, binary.NativeEndian.Uint32(list))
	}
	return b, offsets, nil
}

// entries calls f with each key of block i, with its version as Badger appends it,
// and its value as Badger encodes it. Both are valid only during the call.
func (t *tableFile) entries(i int, f func(key, value []byte) error) error {
	data, offsets, err := t.read(i)
	if err != nil {
		return err
	}
	malformed := t.damaged(fmt.Sprintf("block %d at byte %d is malformed", i, t.blocks[i].at))
	var base, key []byte
	for n, at := range offsets {
		end := len(data)
		if n+1 < len(offsets) {
			end = int(offsets[n+1])
		}
		if int64(at)+4 > int64(end) || end > len(data) {
			return malformed
		}
		entry := data[at:end]
		overlap, diff := binary.NativeEndian.Uint16(entry), int(binary.NativeEndian.Uint16(entry[2:]))
		if int(overlap) > len(base) || 4+diff > len(entry) {
			return malformed
		}
		key = append(append(key[:0], base[:overlap]...), entry[4:4+diff]...)
		if base == nil {
			base = bytes.Clone(key)
		}
		if err := f(key, entry[4+diff:]); err != nil {
			return err
		}
	}
	return nil
}

// keys calls f with each key of block i.
func (t *tableFile) keys(i int, f func(key []byte) error) error {
	return t.entries(i, func(key, _ []byte) error { return f(key) })
}

// carveTable opens a table whose index may be damaged: it finds the blocks by their
// checksums then, as far as no block is damaged as well.
func carveTable(path string) (*tableFile, error) {
	t, err := openTable(path)
	if !errors.Is(err, errTable) {
		return t, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t = &tableFile{id: tableID(path), path: path, name: filepath.Base(path), f: f}
	start := 0
	for end := start + 8; end <= len(b); end++ {
		// A block ends in its checksum, of 2 to 6 bytes, and the length of that.
		n := int(binary.BigEndian.Uint32(b[end-4:]))
		if n < 2 || n > 6 || end-4-n < start || b[end-4-n] != 0x10 || !soundSum(b[end-4-n:end-4], b[start:end-4-n]) {
			continue
		}
		t.blocks = append(t.blocks, block{at: int64(start), length: int64(end - start)})
		start, end = end, end+7
	}
	return t, nil
}

// seek is the number of the block that holds key if the table does, or -1.
func (t *tableFile) seek(key []byte) int {
	return sort.Search(len(t.blocks), func(i int) bool { return compareKeys(t.blocks[i].first, key) > 0 }) - 1
}

// compareKeys compares keys with versions as Badger does.
func compareKeys(a, b []byte) int {
	if c := bytes.Compare(a[:max(0, len(a)-8)], b[:max(0, len(b)-8)]); c != 0 {
		return c
	}
	return bytes.Compare(a[max(0, len(a)-8):], b[max(0, len(b)-8):])
}

// versionOf is the timestamp in a key as Badger keeps it.
func versionOf(key []byte) uint64 {
	if len(key) < 8 {
		return 0
	}
	return ^binary.BigEndian.Uint64(key[len(key)-8:])
}

// tableID is the number in the name of a table.
func tableID(path string) uint64 {
	id, _ := table.ParseFileID(path)
	return id
}
