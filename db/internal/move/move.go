package move

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/store"
)

// ErrNoText is returned when a document must be embedded again and has only a
// precomputed embedding.
var ErrNoText = errors.New("documents without a text cannot be embedded")

// Move fills the version To from the version From. Its methods are for one
// goroutine.
type Move struct {
	Store *store.Store
	From  *index.Index
	ToID  uint32       // of the version to be filled; 0: it does not exist yet
	To    *index.Index // ToID, once Start is called

	// Embed sets the vectors that are missing.
	Embed func(ctx context.Context, puts []index.Put) error
	// SkipTextless skips documents that have an embedding but no text. Otherwise
	// they cause ErrNoText.
	SkipTextless bool
	// Progress is called with the number of documents done.
	Progress func(done, total int)

	Counts

	follower *index.Follower
	paused   bool // nothing is written to From
	batch    int  // documents in the next batch at most
	total    int
	done     int
}

// Counts say what a move has done.
type Counts struct {
	Embedded int // texts
	Copied   int // documents whose text had a vector already
	Removed  int // documents that no longer exist
	Skipped  int // documents without a text
}

// A kill loses at most one batch of work. Batches grow while they take less than
// half of batchTime, and shrink when they take longer: models differ in speed by a
// factor of a thousand.
const (
	batchMin   = 16
	batchFirst = 64
	batchMax   = 1024
	batchTime  = time.Second
	batchBytes = 4 << 20 // of records and vectors, but for the last document
)

// Writers wait while more than roundLimit ids are noted in the first round, and half
// as many in each later round, until at most roundLast are left. These are moved
// while everything waits. Batches may be larger, so the number of rounds is limited.
const (
	roundLimit = 1024
	roundLast  = 16
	rounds     = 10
	finishes   = 5 // attempts to have no more than roundLast ids left
)

// Start prepares to fill to, and notes all writes to From from now on.
func (m *Move) Start(to *index.Index, p Plan) {
	m.To, m.ToID, m.batch, m.total = to, to.ID(), batchFirst, p.total()
	m.follower = m.From.Follow()
	if m.total > 0 {
		m.Progress(0, m.total) // a rate is computed from here on
	}
}

// End stops noting writes.
func (m *Move) End() { m.follower.End() }

// tell counts documents that are done, and reports progress. The total does not
// include documents written meanwhile.
func (m *Move) tell(n int) {
	if n = min(n, m.total-m.done); n > 0 {
		m.done += n
		m.Progress(m.done, m.total)
	}
}

// read calls f with a view of everything committed. From stays open meanwhile, and a
// switch or a Close waits, so f must be short.
func (m *Move) read(f func(v *store.View) error) error {
	if m.paused { // by this move: do not enter the gate
		v := m.Store.View(nil)
		defer v.Close()
		return f(v)
	}
	r, err := m.From.Latest()
	if err != nil {
		return err
	}
	defer r.Close()
	return f(r.View())
}

// All compares all documents and brings over what differs.
func (m *Move) All(ctx context.Context) error {
	var ids []string
	return m.pages(ctx, func(v *store.View, p pair) error {
		verdict, _, err := m.judge(v, p, 0)
		if verdict != same {
			ids = append(ids, p.id)
		}
		return err
	}, func() error {
		err := m.bring(ctx, ids)
		ids = ids[:0]
		return err
	})
}

// Rounds brings over what was written meanwhile, until little is left or the limit
// of rounds is reached.
func (m *Move) Rounds(ctx context.Context) error {
	defer m.follower.Throttle(0)
	limit := roundLimit
	for range rounds {
		m.follower.Throttle(limit)
		limit = max(limit/2, roundLast)
		if m.nearlyDone() {
			return nil
		}
		if err := m.catchUp(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *Move) nearlyDone() bool {
	n, all := m.follower.Waiting()
	return n <= roundLast && !all
}

// catchUp brings over the documents noted since the last call.
func (m *Move) catchUp(ctx context.Context) error {
	ids, all := m.follower.Take()
	if err := m.bring(ctx, ids); err != nil || !all {
		return err
	}
	return m.All(ctx)
}

// Finish pauses the writes to From, brings over what is left, and calls change, which makes To
// take the place of From. After an error From resumes.
func (m *Move) Finish(ctx context.Context, change func() error) error {
	for try := 1; ; try++ {
		if err := m.From.PauseWrites(ctx); err != nil {
			return err
		}
		// Others may have written until now.
		if try == finishes || m.nearlyDone() {
			return m.last(ctx, change)
		}
		m.From.ResumeWrites()
		if err := m.Rounds(ctx); err != nil {
			return err
		}
	}
}

func (m *Move) last(ctx context.Context, change func() error) error {
	m.paused = true
	err := m.catchUp(ctx)
	if err == nil {
		err = change()
	}
	if err != nil {
		m.paused = false
		m.From.ResumeWrites()
	}
	return err
}
