package importer

import (
	"slices"
	"sync"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// maxNotes bounds the notes of a report: a folder may hold a million files.
const maxNotes = 200

// notes collects what the readers have guessed or changed.
type notes struct {
	mu   sync.Mutex
	list []source.Note
	more int64
}

func (n *notes) add(note source.Note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) == maxNotes {
		n.more++
		return
	}
	n.list = append(n.list, note)
}

func (n *notes) all() ([]source.Note, int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list), n.more
}
