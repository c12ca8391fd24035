package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// sick returns a collection for a test to damage.
func sick(t *testing.T, docs int) (*DB, *Collection) {
	t.Helper()
	d, err := Open(t.TempDir(), &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	c := openPrecomputed(t, d, 8)
	rng := rand.New(rand.NewPCG(11, 12))
	list := make([]Document, docs)
	for i := range list {
		list[i] = precomputed(rng, fmt.Sprint(i), 8)
	}
	if _, err := c.Upsert(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
	return d, c
}

func examineAll(t *testing.T, d *DB, o *DoctorOptions) CollectionHealth {
	t.Helper()
	r, err := d.Doctor(t.Context(), o)
	if err != nil || len(r.Collections) != 1 || r.Checksums != "" {
		t.Fatal(r, err)
	}
	if h := r.Collections[0]; r.OK() != h.OK() {
		t.Error(r.OK(), h.OK())
	}
	return r.Collections[0]
}

func TestDoctorSound(t *testing.T) {
	t.Parallel()
	d, c := sick(t, 3000)
	if _, err := c.Delete(t.Context(), "1", "2", "3"); err != nil {
		t.Fatal(err)
	}
	h := examineAll(t, d, nil)
	if !h.OK() || h.Documents != 2997 || h.Queried != 2997 || h.Repaired != "" {
		t.Errorf("%+v", h)
	}
	if h := examineAll(t, d, &DoctorOptions{Sample: 100}); h.Queried == 0 || h.Queried > 100 || h.Documents != 2997 {
		t.Errorf("%+v", h)
	}
	if _, err := d.Doctor(t.Context(), &DoctorOptions{Collections: []string{"other"}}); !errors.Is(err, ErrNoCollection) {
		t.Error(err)
	}
}

func TestDoctorCancelled(t *testing.T) {
	t.Parallel()
	d, _ := sick(t, 2000)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := d.Doctor(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
