package db

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// Lost says which acknowledged writes this opening has gone on without, as
// Options.AcceptLoss allows. It is empty if there are none.
func (d *DB) Lost() []string { return slices.Concat(d.st.Lost(), d.unseen) }

// findUnseen compares the store with the snapshots, which may know batches that it
// does not: if its files were exchanged for older ones, all of them fit together.
func (d *DB) findUnseen() error {
	next, err := d.st.NextID()
	if err != nil {
		return err
	}
	known := make(map[uint32]string)
	for _, info := range d.st.Versions() {
		known[info.ID] = info.Name
	}
	for _, s := range index.SeenIn(d.derivedDir(), d.id) {
		name, ok := known[s.ID]
		switch seq := d.st.State(s.ID).Seq; {
		case !ok && s.ID >= next:
			d.unseen = append(d.unseen, fmt.Sprintf("a snapshot holds %d batches of collection number %d, which the store does not know", s.Seq, s.ID))
		case ok && s.Seq > seq:
			d.unseen = append(d.unseen, fmt.Sprintf("a snapshot of collection %q holds %d batches, and the store %d", name, s.Seq, seq))
		}
	}
	if len(d.unseen) == 0 || d.opts.AcceptLoss && !d.opts.ReadOnly {
		return nil
	}
	return reason.For(ErrCorrupt, "%s: files of the store are missing, or older than the rest. Nothing was changed: restore a backup, or put them back from a copy. "+
		"Or go on with what is there: 'frony-db doctor --accept-loss', or Options.AcceptLoss", strings.Join(d.unseen, "; "))
}

// markAccepting makes the next opening compare the keys if this one ends while it goes
// on without what is lost.
func (d *DB) markAccepting() error {
	if !d.opts.AcceptLoss || d.opts.ReadOnly {
		return nil
	}
	return unwritableOrNil(disk.WriteFile(d.unsyncedPath(), []byte(failedDisk+"\n")))
}
