package db

import (
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
)

// The versions that CollectionHealth.Version names.
const (
	versionNew      = "new"      // being filled
	versionPrevious = "previous" // kept since the switch
)

// doctorHidden compares the keys of the collection's hidden version with each
// other, if it has one. What is derived from them is not loaded. When it is
// loaded it is checked as every snapshot is.
func (c *Collection) doctorHidden(o *DoctorOptions) (h CollectionHealth, ok bool, err error) {
	hidden, ok := c.db.st.Hidden(c.name)
	if !ok {
		return h, false, nil
	}
	set, err := index.DecodeSettings(hidden.Info)
	if err != nil {
		return h, true, err
	}
	h, err = c.examineHidden(hidden, set.Dims)
	if err != nil || !o.Repair || h.FaultCount == 0 || !c.changing.TryLock() {
		return h, true, err // while it is being filled it is left alone
	}
	defer c.changing.Unlock()
	// It may have been filled until now.
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
	h.Repaired, h.Found = fmt.Sprintf("put %d keys in order", keys), &found
	return h, true, err
}

func (c *Collection) examineHidden(hidden store.Hidden, dims int) (CollectionHealth, error) {
	start := time.Now()
	e, err := index.ExamineStore(c.db.st, hidden.ID, dims)
	if err != nil {
		return CollectionHealth{Name: c.name}, err
	}
	h := health(c.name, e)
	h.Version, h.Documents = versionNew, int(c.db.st.State(hidden.ID).Live)
	if hidden.Previous {
		h.Version = versionPrevious
	}
	h.Seconds = time.Since(start).Seconds()
	return h, nil
}
