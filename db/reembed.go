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
	// HeadDims is the length of the new version's Matryoshka head; 0 is the
	// model's. It can't be changed once the new version is begun.
	HeadDims int
	// SkipTextless leaves documents out that have a given embedding and no text:
	// another model can't embed them. Without it, they are ErrNoText.
	SkipTextless bool
	// Sample is the number of documents whose texts are asked as queries to
	// compare the two versions; 0 is 100, below 0 none.
	Sample int
	// NoSwitch ends with the report. The same call without it brings the new
	// version up to date and switches.
	NoSwitch bool
}

// ReembedReport says what Reembed or Rollback has done.
type ReembedReport struct {
	From ReembedVersion `json:"from"` // the version that was searched before
	To   ReembedVersion `json:"to"`
	// Embedded texts, in this call; Copied documents had their vector already,
	// and Removed are no longer there.
	Embedded int `json:"embedded"`
	Copied   int `json:"copied"`
	Removed  int `json:"removed"`
	// Skipped are documents without a text that the new version lacks.
	Skipped int     `json:"skipped"`
	Overlap Overlap `json:"overlap"`
	// Unchanged: the collection has this model already; nothing was done.
	Unchanged bool    `json:"unchanged,omitempty"`
	Switched  bool    `json:"switched"`
	Seconds   float64 `json:"seconds"`
}

// ReembedVersion describes one version of a collection.
type ReembedVersion struct {
	Model     *embedder.Spec `json:"model,omitempty"` // nil: embeddings are given
	Dims      int            `json:"dims"`
	HeadDims  int            `json:"head_dims"`
	Documents int            `json:"documents"`
}

// Reembedding is a change of a collection's model that is not finished: the
// collection has another version, which takes space and is not searched.
type Reembedding struct {
	// Switched says which one it is: the one from before, kept until Confirm or
	// Rollback, or else the new one, which is not complete.
	Switched bool           `json:"switched"`
	Other    ReembedVersion `json:"other"`
	Since    time.Time      `json:"since"`
}

// Reembed changes the collection's model: it embeds all texts again with e, into
// a new version of the collection beside the old one, compares the two, and
// switches to the new one in one transaction. The old version is kept until
// Confirm drops it or Rollback goes back to it.
//
// Until the switch searches are answered by the old version, and writes go on;
// they end up in the new version too. This handle, and every other, changes over
// by itself: a call sees the one version or the other, with its model. The switch
// waits for calls that are under way, a Scan until its loop ends, and holds others
// up for a moment: do not call Reembed inside a Scan.
//
// It may be interrupted at any time, by ctx, by Close or by a kill. The same call
// goes on where it stopped: no more than the batch at hand, of about a second, is
// embedded again.
//
// It returns ErrNoText, naming the documents that can't be embedded;
// ErrReembedding if a change to another model was begun or was not confirmed, or
// if another call is under way; ErrInvalidOptions, ErrNoEmbedder, ErrReadOnly,
// ErrDiskFull, ErrClosed, and what the embedder returns.
func (c *Collection) Reembed(ctx context.Context, e embedder.Embedder, o *ReembedOptions) (ReembedReport, error) {
	if o == nil {
		o = &ReembedOptions{}
	}
	start := time.Now()
	r, err := c.reembed(ctx, e, o)
	r.Seconds = time.Since(start).Seconds()
	return r, wrap("reembed", c.name, err)
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

// hidden is the collection's hidden version, or ErrNoReembed.
func (c *Collection) hidden() (store.Hidden, error) {
	h, ok := c.db.st.Hidden(c.name)
	if ok {
		return h, nil
	}
	if _, ok := c.db.st.Lookup(c.name); !ok {
		return h, ErrNoCollection // it is being dropped
	}
	return h, ErrNoReembed
}

// begin finds the version that was begun, or decides what a new one is like.
func (g *change) begin(o *ReembedOptions) error {
	c, set := g.c, g.from.Settings()
	spec := g.e.Spec()
	if set.Spec != nil && set.Spec.Fingerprint() == spec.Fingerprint() {
		g.report.Unchanged = true // perhaps by a call that was killed after its switch
		return nil
	}
	if h, ok := c.db.st.Hidden(c.name); ok {
		g.hidden = h
		return g.goOn(o)
	}
	info, ok := c.db.st.Lookup(c.name)
	if !ok {
		return ErrNoCollection
	}
	was, err := index.DecodeSettings(info)
	if err != nil {
		return err
	}
	create := CollectionOptions{
		Embedder: g.e, HeadDims: o.HeadDims, M: was.M, EfConstruction: was.EfConstruction,
		EfSearch: was.EfSearch, Oversampling: was.Oversampling, NoTail: was.NoTail,
	}
	s, err := create.create(&c.db.opts.Limits)
	g.fresh = &s
	return err
}

// goOn checks that the change that was begun is the one that is asked for.
func (g *change) goOn(o *ReembedOptions) error {
	s, err := index.DecodeSettings(g.hidden.Info)
	spec := g.e.Spec()
	switch {
	case err != nil:
		return err
	case g.hidden.Previous:
		return reason.For(ErrReembedding, "the switch from %s to %s is not confirmed; confirm it or roll back first",
			modelName(&s), modelName(g.from.Settings()))
	case s.Spec.Fingerprint() != spec.Fingerprint():
		return reason.For(ErrReembedding, "a change to %s (fingerprint %.12s) was begun, this is %s (%.12s); finish that one, or roll back to give it up",
			modelName(&s), s.Spec.Fingerprint(), spec.Model, spec.Fingerprint())
	case o.HeadDims != 0 && o.HeadDims != s.HeadDims:
		return reason.For(ErrInvalidOptions, "HeadDims is %d, the new version was begun with %d", o.HeadDims, s.HeadDims)
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

// reembedding describes the hidden version of a collection, or is nil.
func (d *DB) reembedding(name string) (*Reembedding, error) {
	h, ok := d.st.Hidden(name)
	if !ok {
		return nil, nil
	}
	s, err := index.DecodeSettings(h.Info)
	return &Reembedding{Switched: h.Previous, Other: versionOf(&s, d.st.State(h.ID)), Since: h.Since}, err
}

// Confirm drops the version from before a change of the model: its space comes
// back as the store compacts itself. There is no way back then.
//
// It returns ErrNoReembed if there is none, ErrReembedding if the switch has not
// been made yet, ErrReadOnly and ErrClosed.
func (c *Collection) Confirm(ctx context.Context) error {
	return wrap("confirm", c.name, c.confirm(ctx))
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
			return reason.For(ErrReembedding, "it has not been switched to yet; finish it, or roll back to give it up")
		}
		return c.dropHidden(h)
	})
}

// dropHidden drops a hidden version, which is not loaded.
func (c *Collection) dropHidden(h store.Hidden) error {
	if err := c.db.st.DropHidden(c.name); err != nil {
		return err
	}
	index.Remove(c.db.derivedDir(), h.ID)
	c.db.sweepDropped(c.name)
	return nil
}

// RollbackOptions say how a change of the model is taken back.
type RollbackOptions struct {
	// Embedder is the model of the version from before. It embeds what was
	// written since the switch; it may be nil if that is nothing, and then the
	// collection has no embedder until it is opened with one. The database's own
	// is used if it is that model.
	Embedder embedder.Embedder
	// SkipTextless leaves documents out that were written since with a given
	// embedding and no text.
	SkipTextless bool
}

// Rollback goes back to the version from before a change of the model, and drops
// the new one. What was written and deleted since the switch is brought over
// first, as Reembed does, with the old model: nothing is lost. Before the switch
// it gives up what was begun.
//
// It may be interrupted and called again. It returns ErrNoReembed if there is
// nothing to go back to, ErrNoEmbedder or ErrNoText if something that was written
// since can't be brought over, ErrModelMismatch for another model, ErrReembedding
// if another call is under way, ErrReadOnly, ErrDiskFull and ErrClosed.
func (c *Collection) Rollback(ctx context.Context, o *RollbackOptions) (ReembedReport, error) {
	if o == nil {
		o = &RollbackOptions{}
	}
	start := time.Now()
	r, err := c.rollback(ctx, o)
	r.Seconds = time.Since(start).Seconds()
	return r, wrap("roll back", c.name, err)
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
