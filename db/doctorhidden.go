package db

import (
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
)

// The values of CollectionHealth.Version.
const (
	versionNew      = "new"      // being filled
	versionPrevious = "previous" // kept since the switch
)

// doctorHidden checks the keys of the collection's hidden version against each
// other, if it has one. It does not load the derived state, which is checked
// whenever it is loaded.
func (c *Collection) doctorHidden(o *DoctorOptions) (h CollectionHealth, ok bool, err error) {
	hidden, ok := c.db.st.Hidden(c.Name())
	if !ok {
		return h, false, nil
	}
	set, err := index.DecodeSettings(hidden.Info)
	if err != nil {
		return h, true, err
	}
	h, err = c.examineHidden(hidden, set.Dims)
	if err != nil || !o.Repair || h.FaultCount == 0 || !c.changing.TryLock() {
		return h, true, err // do not repair a version that is being filled
	}
	defer c.changing.Unlock()
	// Check again: it may have been filled until now.
	found, err := c.examineHidden(hidden, set.Dims)
	if err != nil {
		return h, true, err
	}
	keys, err := index.MendStore(c.db.st, hidden.ID, set.Dims)
	if err != nil || keys == 0 {
		return found, true, err
	}
	index.Remove(c.db.derivedDir(), hidden.ID)
	h, err = c.examineHidden(hidden, set.Dims)
	h.Repaired, h.Found = fmt.Sprintf("repaired %d keys", keys), &found
	return h, true, err
}

func (c *Collection) examineHidden(hidden store.Hidden, dims int) (CollectionHealth, error) {
	start := time.Now()
	e, err := index.ExamineStore(c.db.st, hidden.ID, dims)
	if err != nil {
		return CollectionHealth{Name: c.Name()}, err
	}
	h := health(c.Name(), e)
	h.Version, h.Documents = versionNew, int(c.db.st.State(hidden.ID).Live)
	if hidden.Previous {
		h.Version = versionPrevious
	}
	h.Seconds = time.Since(start).Seconds()
	return h, nil
}
