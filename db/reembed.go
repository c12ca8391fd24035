package db

import (
	"cmp"
	"context"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
)

// ReembedOptions say how a collection changes its model. The zero value is the
// default.
type ReembedOptions struct {
	// HeadDims is the length of the new version's Matryoshka head; zero means the
	// model's. It can't be changed once the new version has been started.
	HeadDims int
	// SkipTextless leaves out documents that have an embedding but no text: the new
	// model can't embed them. Without it, they cause ErrNoText.
	SkipTextless bool
	// Sample is the number of documents whose texts are used as queries to compare
	// the two versions. Zero means 100; a negative number skips the comparison.
	Sample int
	// NoSwitch returns after the comparison. The same call without it brings the
	// new version up to date and switches.
	NoSwitch bool
}

// ReembedReport says what Reembed or Rollback did.
type ReembedReport struct {
	From ReembedVersion `json:"from"` // the version that was searched before
	To   ReembedVersion `json:"to"`
	// Embedded counts the texts that this call embedded, Copied the documents whose
	// vectors could be reused, and Removed those that have been deleted.
	Embedded int `json:"embedded"`
	Copied   int `json:"copied"`
	Removed  int `json:"removed"`
	// Skipped counts the documents without a text, which the new version lacks.
	Skipped int     `json:"skipped"`
	Overlap Overlap `json:"overlap"`
	// Unchanged is set if the collection already has this model. Nothing was done.
	Unchanged bool    `json:"unchanged,omitempty"`
	Switched  bool    `json:"switched"`
	Seconds   float64 `json:"seconds"`
}

// ReembedVersion describes one version of a collection.
type ReembedVersion struct {
	Model     *embedder.Spec `json:"model,omitempty"` // nil: embeddings are precomputed
	Dims      int            `json:"dims"`
	HeadDims  int            `json:"head_dims"`
	Documents int            `json:"documents"`
}

// Reembedding is an unfinished change of a collection's model. The collection has
// another version, which takes space and is not searched.
type Reembedding struct {
	// Switched says which version Other is: the previous one, kept until Confirm or
	// Rollback, or, if false, the new one, which is not complete.
	Switched bool           `json:"switched"`
	Other    ReembedVersion `json:"other"`
	Since    time.Time      `json:"since"`
}

// Reembed changes the collection's model. It embeds all texts again with e into a
// new version of the collection, compares the two versions, and switches to the
// new one in one transaction. The previous version is kept until Confirm drops it
// or Rollback returns to it.
//
// Until the switch, the previous version answers searches. Writes continue, and
// reach the new version too. Every handle of the collection switches by itself: a
// call sees one version or the other, with its model. The switch briefly delays
// writes, and no search. Reembed returns when the calls that began before the
// switch have ended, a Scan when its loop has: do not call it inside a Scan.
//
// It may be interrupted at any time, by ctx, by Close or by a kill. The same call
// resumes where it stopped: it embeds at most one batch, about a second of work,
// again.
//
// It returns ErrNoText, naming the documents that can't be embedded;
// ErrReembedding if a change to another model is unfinished or not confirmed, or
// if another call is running; ErrInvalidOptions, ErrNoEmbedder, ErrReadOnly,
// ErrDiskFull, ErrClosed, and the embedder's errors.
func (c *Collection) Reembed(ctx context.Context, e embedder.Embedder, o *ReembedOptions) (ReembedReport, error) {
	if o == nil {
		o = &ReembedOptions{}
	}
	start := time.Now()
	r, err := c.reembed(ctx, e, o)
	r.Seconds = time.Since(start).Seconds()
	return r, wrap("reembed", c.Name(), err)
}

func (c *Collection) reembed(ctx context.Context, e embedder.Embedder, o *ReembedOptions) (r ReembedReport, err error) {
	if err := c.beginChange(); err != nil {
		return r, err
	}
	defer c.changing.Unlock()
	if e == nil {
		return r, ErrNoEmbedder
	}
	g := &change{c: c, from: c.current.Load(), e: e, report: &r}
	g.move.SkipTextless = o.SkipTextless
	err = c.holdOpen(func() error {
		r.From = versionOf(g.from.Settings(), c.db.st.State(g.from.ID()))
		return g.begin(o)
	})
	if err != nil || r.Unchanged {
		r.To = r.From
		return r, err
	}
	return r, g.run(ctx, cmp.Or(o.Sample, 100), !o.NoSwitch, false)
}

// beginChange keeps others from changing the model until changing is unlocked.
func (c *Collection) beginChange() error {
	if c.scope != nil {
		return ErrOutside
	}
	switch {
	case c.db.opts.ReadOnly:
		return ErrReadOnly
	case !c.changing.TryLock():
		return reason.For(ErrReembedding, "another reembed is in progress")
	}
	return nil
}

// holdOpen runs f while the collection is neither dropped nor closed. The caller
// holds changing.
func (c *Collection) holdOpen(f func() error) error {
	return c.db.do(func() error {
		r, err := c.current.Load().Latest()
		if err != nil {
			return err
		}
		defer r.Close()
		return f()
	})
}

// hidden returns the collection's hidden version, or ErrNoReembed.
func (c *Collection) hidden() (store.Hidden, error) {
	h, ok := c.db.st.Hidden(c.Name())
	if ok {
		return h, nil
	}
	if _, ok := c.db.st.Lookup(c.Name()); !ok {
		return h, ErrNoCollection // it is being dropped
	}
	return h, ErrNoReembed
}

// begin finds the hidden version of an earlier call, or chooses the settings of a
// new one.
func (g *change) begin(o *ReembedOptions) error {
	c, set := g.c, g.from.Settings()
	spec := g.e.Spec()
	if set.Spec != nil && set.Spec.Fingerprint() == spec.Fingerprint() {
		g.report.Unchanged = true // perhaps by a call that was killed after its switch
		return nil
	}
	if h, ok := c.db.st.Hidden(c.Name()); ok {
		g.hidden = h
		return g.resume(o)
	}
	info, ok := c.db.st.Lookup(c.Name())
	if !ok {
		return ErrNoCollection
	}
	was, err := index.DecodeSettings(info)
	if err != nil {
		return err
	}
	create := CollectionOptions{
		Embedder: g.e, HeadDims: o.HeadDims, M: was.M, EfConstruction: was.EfConstruction,
		EfSearch: was.EfSearch, Oversampling: was.Oversampling, NoTail: was.NoTail, Graph: Graph(was.Graph),
	}
	if was.Full && !was.ChooseCodes && was.HeadDims < was.Dims { // as somebody wanted it, or for a weak head
		create.Codes = FullCodes
	}
	s, err := create.create(&c.db.opts.Limits)
	g.fresh = &s
	return err
}

// resume checks that the unfinished change is to the same model.
func (g *change) resume(o *ReembedOptions) error {
	s, err := index.DecodeSettings(g.hidden.Info)
	spec := g.e.Spec()
	switch {
	case err != nil:
		return err
	case g.hidden.Previous:
		return reason.For(ErrReembedding, "the switch from %s to %s is not confirmed; confirm it or roll back first",
			modelName(&s), modelName(g.from.Settings()))
	case s.Spec.Fingerprint() != spec.Fingerprint():
		return reason.For(ErrReembedding, "a change to %s (fingerprint %.12s) is unfinished, this is %s (%.12s); finish that change, or roll back to abandon it",
			modelName(&s), s.Spec.Fingerprint(), spec.Model, spec.Fingerprint())
	case o.HeadDims != 0 && o.HeadDims != s.HeadDims:
		return reason.For(ErrInvalidOptions, "{HeadDims} is %d, the new version was started with %d", o.HeadDims, s.HeadDims)
	}
	return nil
}

func modelName(s *index.Settings) string {
	if s.Spec == nil {
		return "precomputed embeddings"
	}
	return s.Spec.Model
}

func versionOf(s *index.Settings, st store.State) ReembedVersion {
	return ReembedVersion{Model: s.Spec, Dims: s.Dims, HeadDims: s.HeadDims, Documents: int(st.Live)}
}

// reembedding describes the hidden version of a collection. It returns nil if there
// is none.
func (d *DB) reembedding(name string) (*Reembedding, error) {
	h, ok := d.st.Hidden(name)
	if !ok {
		return nil, nil
	}
	s, err := index.DecodeSettings(h.Info)
	return &Reembedding{Switched: h.Previous, Other: versionOf(&s, d.st.State(h.ID)), Since: h.Since}, err
}

// Confirm deletes the previous version after a change of the model. This cannot be
// undone. Its space is freed when the store compacts itself.
//
// It returns ErrNoReembed if there is none, ErrReembedding before the switch,
// ErrReadOnly and ErrClosed.
func (c *Collection) Confirm(ctx context.Context) error {
	return wrap("confirm", c.Name(), c.confirm(ctx))
}

func (c *Collection) confirm(ctx context.Context) error {
	if err := c.beginChange(); err != nil {
		return err
	}
	defer c.changing.Unlock()
	return c.holdOpen(func() error {
		h, err := c.hidden()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case !h.Previous:
			return reason.For(ErrReembedding, "the switch has not been made; finish the change, or roll back to abandon it")
		}
		return c.dropHidden(h)
	})
}

// dropHidden drops a hidden version, which is not loaded.
func (c *Collection) dropHidden(h store.Hidden) error {
	if err := c.db.st.DropHidden(c.Name()); err != nil {
		return err
	}
	index.Remove(c.db.derivedDir(), h.ID)
	c.db.deleteGarbage(c.Name())
	return nil
}

// RollbackOptions say how a change of the model is rolled back.
type RollbackOptions struct {
	// Embedder is the model of the previous version. It embeds the texts written
	// since the switch. If there are none it may be nil; the collection then has no
	// embedder until it is opened with one. The default is the database's embedder,
	// if it has that model.
	Embedder embedder.Embedder
	// SkipTextless leaves out documents that were written since the switch with an
	// embedding but no text.
	SkipTextless bool
}

// Rollback returns to the previous version after a change of the model, and drops
// the new one. Nothing is lost: writes and deletions since the switch are first
// applied to the previous version, with its model. Before the switch, Rollback
// abandons the change.
//
// It may be interrupted and called again. It returns ErrNoReembed if there is
// nothing to roll back, ErrNoEmbedder or ErrNoText if a document written since the
// switch can't be embedded, ErrModelMismatch for another model, ErrReembedding if
// another call is running, ErrReadOnly, ErrDiskFull and ErrClosed.
func (c *Collection) Rollback(ctx context.Context, o *RollbackOptions) (ReembedReport, error) {
	if o == nil {
		o = &RollbackOptions{}
	}
	start := time.Now()
	r, err := c.rollback(ctx, o)
	r.Seconds = time.Since(start).Seconds()
	return r, wrap("roll back", c.Name(), err)
}

func (c *Collection) rollback(ctx context.Context, o *RollbackOptions) (r ReembedReport, err error) {
	if err := c.beginChange(); err != nil {
		return r, err
	}
	defer c.changing.Unlock()
	g := &change{c: c, from: c.current.Load(), e: o.Embedder, report: &r}
	g.move.SkipTextless = o.SkipTextless
	err = c.holdOpen(func() error {
		r.From = versionOf(g.from.Settings(), c.db.st.State(g.from.ID()))
		r.To = r.From
		h, err := c.hidden()
		switch {
		case err != nil:
			return err
		case !h.Previous:
			return c.dropHidden(h)
		}
		g.hidden = h
		s, err := index.DecodeSettings(h.Info)
		if d := c.db.opts.Embedder; g.e == nil && d != nil && s.Spec != nil && d.Spec().Fingerprint() == s.Spec.Fingerprint() {
			g.e = d
		}
		return err
	})
	if err != nil || g.hidden.ID == 0 {
		return r, err
	}
	return r, g.run(ctx, 0, true, true)
}
