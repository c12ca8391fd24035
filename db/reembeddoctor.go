package db

import (
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
)

// The versions that CollectionHealth.Version names.
const (
	versionNew      = "new"      // being filled
	versionPrevious = "previous" // kept since the switch
)

// doctorHidden compares the keys of the collection's hidden version with each
// other, if it has one. What is derived from them is not loaded; it is examined as
// every snapshot is when it is.
func (c *Collection) doctorHidden(o *DoctorOptions) (h CollectionHealth, ok bool, err error) {
	err = c.inside(func() error {
		hidden, there := c.db.st.Hidden(c.name)
		if !there {
			return nil
		}
		ok = true
		h, err = c.checkHidden(hidden, o.Repair)
		return err
	})
	return h, ok, err
}

func (c *Collection) checkHidden(hidden store.Hidden, repair bool) (CollectionHealth, error) {
	h, faults, err := c.examineHidden(hidden)
	if err != nil || !repair || len(faults) == 0 || !c.changing.TryLock() {
		return h, err // while it is being filled it is left alone
	}
	defer c.changing.Unlock()
	// It may have been filled until now.
	if h, _, err = c.examineHidden(hidden); err != nil {
		return h, err
	}
	s, err := decodeSettings(hidden.Info)
	if err != nil {
		return h, err
	}
	keys, err := mendStore(c.db.st, hidden.ID, s.Dims)
	if err != nil || keys == 0 {
		return h, err
	}
	c.db.removeDerived(hidden.ID)
	again, _, err := c.examineHidden(hidden)
	again.Repaired, again.Found = fmt.Sprintf("put %d keys in order", keys), &h
	return again, err
}

func (c *Collection) examineHidden(hidden store.Hidden) (CollectionHealth, []store.Fault, error) {
	start := time.Now()
	x := &examination{CollectionHealth: CollectionHealth{Name: c.name, Version: versionNew}}
	if hidden.Previous {
		x.Version = versionPrevious
	}
	s, err := decodeSettings(hidden.Info)
	if err != nil {
		return x.CollectionHealth, nil, err
	}
	x.Documents = int(c.db.st.State(hidden.ID).Live)
	faults, err := storeFaults(c.db.st, hidden.ID, s.Dims)
	x.addStored(faults)
	x.Seconds = time.Since(start).Seconds()
	return x.CollectionHealth, x.stored, err
}
