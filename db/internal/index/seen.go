package index

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/internal/frame"
)

// Seen is the newest batch of a version that its snapshot holds.
type Seen struct {
	ID  uint32
	Seq uint64
}

// SeenIn reads what the snapshots in dir hold, as far as they are of the database and
// can be read. A store that ends before that has lost batches.
func SeenIn(dir string, database [16]byte) (all []Seen) {
	entries, _ := os.ReadDir(dir) // nothing that can be read says nothing
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "."+snapshotExt) {
			continue
		}
		m, err := readMeta(filepath.Join(dir, e.Name()))
		if err == nil && m.Database == fmt.Sprintf("%x", database) {
			all = append(all, Seen{m.Collection, m.Seq})
		}
	}
	return all
}

// readMeta reads the beginning of a snapshot.
func readMeta(path string) (m snapshotMeta, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close() //nolint:errcheck // only read
	r, err := frame.NewReader(f, snapshotMagic, snapshotVersion)
	if err != nil {
		return m, err
	}
	b, err := r.Next(nil, maxMeta)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}
