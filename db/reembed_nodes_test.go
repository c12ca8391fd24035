package db

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// TestRollbackNodes: a version that is rolled back to is loaded a second time. It
// must allocate each free node number once, and none that its graph uses. A document
// that got the number of one which its own batch replaces would be lost.
func TestRollbackNodes(t *testing.T) {
	t.Parallel()
	for _, saved := range []bool{true, false} { // whether a snapshot is saved after the numbers are free
		t.Run(fmt.Sprintf("saved=%v", saved), func(t *testing.T) {
			ctx := t.Context()
			const docs = 50
			was, is := embeddertest.New(16, 1), embeddertest.New(8, 2)
			d, log := openLogged(t, t.TempDir())
			defer func() { _ = d.Close() }()
			c := texts(t, d, was, docs)
			write := func(n int) {
				t.Helper()
				list := make([]Document, docs)
				for i := range list {
					list[i] = Document{ID: fmt.Sprint(i), Text: fmt.Sprintf("문서 %d, %d번째", i, n)}
				}
				if _, err := c.Upsert(ctx, list...); err != nil {
					t.Fatal(err)
				}
			}
			write(1)
			if err := c.Snapshot(ctx); err != nil {
				t.Fatal(err)
			}
			repair(t, c) // the numbers of the first texts are free
			if saved {
				if err := c.Snapshot(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := c.Reembed(ctx, is, &ReembedOptions{Sample: -1}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Rollback(ctx, &RollbackOptions{Embedder: was}); err != nil {
				t.Fatal(err)
			}
			for n := 2; n < 5; n++ {
				write(n)
				repair(t, c)
				if h := examineAll(t, d, nil); !h.OK() || h.Documents != docs || h.Missed > 0 {
					t.Errorf("after write %d: %d documents of %d, %d unreachable, %d missed, %d faults",
						n, h.Documents, docs, h.Unreachable, h.Missed, h.FaultCount)
				}
			}
			if st := d.st.State(idOf(c)); st.Next > 3*docs || strings.Contains(log.String(), "WARN") {
				t.Errorf("%+v: numbers are not reused; %s", st, log)
			}
		})
	}
}
