package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Options say how to copy. Nil is the default.
type Options struct {
	// Merge allows documents on the other side that the collection does not have. They
	// stay.
	Merge bool
	// VerifyAll compares all documents at the end, and not only a sample.
	VerifyAll bool
	// Seed chooses the sample.
	Seed uint64
	// Progress is told of each step's documents, and begins a new one. Nil tells nobody.
	Progress func(step string, total int) (add func(n int), end func())
}

// Report says what a copy did, and what was found when it was verified.
type Report struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Documents int    `json:"documents"` // of the collection that was copied
	Copied    int    `json:"copied"`
	Unchanged int    `json:"unchanged"` // were there already, and equal
	Others    int    `json:"others"`    // of the other side alone
	Damaged   int    `json:"damaged"`   // could not be read, and were left out
	Refused   int    `json:"refused"`   // by the other side

	Compared int     `json:"compared"` // at the end, field by field
	Queries  int     `json:"queries"`
	Overlap  float64 `json:"overlap_at_10"` // of these, asked on both sides
	// Faults say why the copy is not what was copied. None means that it was verified.
	Faults []string `json:"faults,omitempty"`
}

// fault adds a reason why the copy failed, but not too many.
func (r *Report) fault(format string, args ...any) {
	const most = 20
	switch {
	case len(r.Faults) < most:
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	case len(r.Faults) == most:
		r.Faults = append(r.Faults, "and more")
	}
}

// Documents are written in batches, several at a time. A batch fits the limits of a server
// in the most cases; one that does not is halved.
const (
	batchSize  = 256
	batchBytes = 4 << 20
	atOnce     = 4
	// mostRefused ends a copy: the other side refuses everything.
	mostRefused = 1000
)

const everything = db.FieldText | db.FieldMetadata | db.FieldEmbedding

// copier is a copy of one collection.
type copier struct {
	o        Options
	from, to collection
	sample   sample
	total    int

	mu     sync.Mutex // guards what writers change of the report: Refused and Faults
	report Report
	others int // that the other side has, and may have

	written atomic.Int64
}

// Copy copies a collection to another database, where it is created if it does not exist.
// It returns db.ErrModelMismatch if it exists with another model, and db.ErrExists if it
// has documents of its own, unless Options.Merge is set. What the report says is true
// also if there is an error. Documents that were written by then stay, and the same call
// completes the copy.
func Copy(ctx context.Context, from, to Database, name, as string, o *Options) (Report, error) {
	c := copier{report: Report{From: name, To: as}}
	if o != nil {
		c.o = *o
	}
	c.sample.rng = rand.New(rand.NewPCG(c.o.Seed, 1))
	err := c.run(ctx, from, to)
	return c.report, err
}

func (c *copier) run(ctx context.Context, from, to Database) error {
	name, as := c.report.From, c.report.To
	source, stats, err := from.open(ctx, name)
	if err != nil {
		return err
	}
	c.from = source
	if c.total, err = source.Count(ctx, filter.All()); err != nil {
		return err
	}
	target, there, err := to.open(ctx, as)
	switch {
	case errors.Is(err, db.ErrNoCollection):
		target, err = to.create(ctx, as, &stats)
	case err == nil:
		err = sameModel(as, &stats, &there)
	}
	if err != nil {
		return err
	}
	c.to = target
	n, err := target.Count(ctx, filter.All())
	if err == nil && n > 0 {
		err = c.foreign(ctx)
	}
	if err == nil {
		err = to.load(ctx, as, func() error { return c.copy(ctx, n > 0) })
	}
	if err == nil {
		err = c.verify(ctx)
	}
	return err
}

// foreign counts the documents of the other side alone, and refuses them.
func (c *copier) foreign(ctx context.Context) error {
	add, end := c.step("look for other documents", c.total)
	defer end()
	example := ""
	err := c.beside(ctx, db.FieldsNone, func(a, b *db.Document) error {
		if a != nil || expired(b) {
			add(1)
			return nil
		}
		if c.others == 0 {
			example = b.ID
		}
		c.others++
		return nil
	})
	if err != nil || c.others == 0 || c.o.Merge {
		return err
	}
	return &db.Error{
		Op: "copy", Input: fmt.Sprintf("%q", c.report.To),
		Err:  fmt.Errorf("%w: it has %d documents that %q has not, such as %q", db.ErrExists, c.others, c.report.From, example),
		Hint: "choose another name with --as, or keep them with --merge",
	}
}

// copy writes the documents that the other side does not have as they are.
func (c *copier) copy(ctx context.Context, compare bool) error {
	add, end := c.step("copy "+c.report.From, c.total)
	defer end()
	g, writing := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	var batch []db.Document
	size := 0
	flush := func() {
		docs := batch
		batch, size = nil, 0
		if len(docs) > 0 {
			g.Go(func() error {
				err := c.write(writing, docs)
				add(len(docs))
				return err
			})
		}
	}
	each := func(a, b *db.Document) error {
		switch {
		case a == nil:
			return writing.Err()
		case b != nil && equal(a, b):
			c.report.Unchanged++
			add(1)
		default:
			batch = append(batch, *a)
			if size += len(a.Text) + 4*len(a.Embedding); len(batch) >= batchSize || size >= batchBytes {
				flush()
			}
		}
		c.report.Documents++
		c.sample.add(a.ID)
		return writing.Err()
	}
	var err error
	if compare {
		err = c.beside(writing, everything, each)
	} else {
		err = c.alone(writing, each)
	}
	flush()
	if failed := g.Wait(); failed != nil {
		err = failed // the reading has ended because of it
	}
	c.report.Copied = int(c.written.Load())
	return err
}

// write writes documents. What the other side refuses is told, and the rest written.
func (c *copier) write(ctx context.Context, docs []db.Document) error {
	_, err := c.to.Upsert(ctx, docs...)
	if err == nil {
		c.written.Add(int64(len(docs)))
		return nil
	}
	if !refusal(err) {
		return err
	}
	if half := len(docs) / 2; half > 0 {
		if err := c.write(ctx, docs[:half]); err != nil {
			return err
		}
		return c.write(ctx, docs[half:])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.report.Refused++; c.report.Refused > mostRefused {
		return fmt.Errorf("more than %d documents were refused, the last one: %w", mostRefused, err)
	}
	c.report.fault("document %q was refused: %v", docs[0].ID, err)
	return nil
}

// refusal reports whether an error is about the documents of a write.
func refusal(err error) bool {
	for _, e := range []error{
		db.ErrLimit, db.ErrBatchTooLarge, db.ErrInvalidID, db.ErrInvalidText, db.ErrInvalidMetadata, db.ErrInvalidEmbedding,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// alone calls f with the documents of the collection that is copied.
func (c *copier) alone(ctx context.Context, f func(a, b *db.Document) error) error {
	for d, err := range c.from.Scan(ctx, db.Scan{Fields: everything}) {
		if errors.Is(err, db.ErrCorrupt) {
			c.damaged(err)
			continue
		}
		if err == nil {
			err = f(&d, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// beside calls f with the documents of both sides in the order of their ids: with two of
// one id, or with nil for the side that has none.
func (c *copier) beside(ctx context.Context, fields db.Fields, f func(a, b *db.Document) error) error {
	from := pull(c.from.Scan(ctx, db.Scan{Fields: fields}), func(err error) bool {
		if errors.Is(err, db.ErrCorrupt) && fields == everything {
			c.damaged(err)
		}
		return errors.Is(err, db.ErrCorrupt)
	})
	defer from.stop()
	// What is damaged on the other side is written again.
	to := pull(c.to.Scan(ctx, db.Scan{Fields: fields}), func(err error) bool { return errors.Is(err, db.ErrCorrupt) })
	defer to.stop()
	for {
		a, err := from.peek()
		if err != nil {
			return err
		}
		b, err := to.peek()
		if err != nil {
			return err
		}
		switch {
		case a == nil && b == nil:
			return nil
		case b == nil || a != nil && a.ID < b.ID:
			b = nil
		case a == nil || b.ID < a.ID:
			a = nil
		}
		if a != nil {
			from.taken()
		}
		if b != nil {
			to.taken()
		}
		if err := f(a, b); err != nil {
			return err
		}
	}
}

func (c *copier) damaged(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Damaged++
	c.report.fault("%v", err)
}

func (c *copier) step(name string, total int) (add func(int), end func()) {
	if c.o.Progress == nil {
		return func(int) {}, func() {}
	}
	return c.o.Progress(name, total)
}

// pulled is a scan whose next document can be looked at.
type pulled struct {
	next func() (db.Document, error, bool)
	stop func()
	skip func(error) bool
	head *db.Document
}

func pull(scan iter.Seq2[db.Document, error], skip func(error) bool) *pulled {
	p := &pulled{skip: skip}
	p.next, p.stop = iter.Pull2(scan)
	return p
}

// peek returns the next document, or nil at the end.
func (p *pulled) peek() (*db.Document, error) {
	for p.head == nil {
		d, err, ok := p.next()
		switch {
		case !ok:
			return nil, nil
		case err == nil:
			p.head = &d
		case !p.skip(err):
			return nil, err
		}
	}
	return p.head, nil
}

func (p *pulled) taken() { p.head = nil }
