package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"google.golang.org/protobuf/proto"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// manifest is Badger's list of tables, with what Badger forgets when it reads it. It
// is a head, and changes that add up:
//
//	┌────────┬───────────┬───────────┬───────────┐            ┌────────────┬─────────────┬─────────┐
//	│ "Bdgr" │ ext. u16  │ version   │ change 0… │   change:  │ length u32 │ CRC-32C u32 │ pb      │
//	│        │ = 0       │ u16 = 8   │           │            │            │             │         │
//	└────────┴───────────┴───────────┴───────────┘            └────────────┴─────────────┴─────────┘
type manifest struct {
	levels  map[uint64]uint32 // of the tables that it names
	deleted map[uint64]bool   // tables that it named once
	whole   int               // bytes of complete changes
	size    int
}

const manifestHead = "Bdgr\x00\x00\x00\x08"

var errManifest = errors.New("damaged")

// readManifest reads the list as far as it can be read: with an error it returns what
// stands before the damage.
func readManifest(dir string) (*manifest, error) {
	m := &manifest{levels: make(map[uint64]uint32), deleted: make(map[uint64]bool)}
	b, err := os.ReadFile(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return m, err
	}
	m.size = len(b)
	if len(b) < len(manifestHead) || string(b[:len(manifestHead)]) != manifestHead {
		return m, fmt.Errorf("%s is %w: it does not begin as one", badger.ManifestFilename, errManifest)
	}
	m.whole = len(manifestHead)
	for len(b)-m.whole >= 8 {
		at := m.whole
		length := binary.BigEndian.Uint32(b[at:])
		if int64(length) > int64(len(b)-at-8) {
			if int64(length) > int64(len(b)) {
				return m, fmt.Errorf("%s is %w: the change at byte %d is longer than the file", badger.ManifestFilename, errManifest, at)
			}
			break
		}
		change := b[at+8 : at+8+int(length)]
		var set pb.ManifestChangeSet
		if binary.BigEndian.Uint32(b[at+4:]) != crc32.Checksum(change, castagnoli) || proto.Unmarshal(change, &set) != nil {
			return m, fmt.Errorf("%s is %w: the change at byte %d does not have its checksum", badger.ManifestFilename, errManifest, at)
		}
		for _, c := range set.Changes {
			if c.Op == pb.ManifestChange_DELETE {
				delete(m.levels, c.Id)
				m.deleted[c.Id] = true
				continue
			}
			m.levels[c.Id] = c.Level
			delete(m.deleted, c.Id)
		}
		m.whole = at + 8 + int(length)
	}
	return m, nil
}

// write replaces the list on disk by one that names the same tables.
func (m *manifest) write(dir string) error {
	var set pb.ManifestChangeSet
	for id, level := range m.levels {
		set.Changes = append(set.Changes, &pb.ManifestChange{Id: id, Op: pb.ManifestChange_CREATE, Level: level, EncryptionAlgo: pb.EncryptionAlgo_aes})
	}
	change, err := proto.Marshal(&set)
	if err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint32([]byte(manifestHead), uint32(len(change)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(change, castagnoli))
	return disk.WriteFile(filepath.Join(dir, badger.ManifestFilename), append(b, change...))
}
