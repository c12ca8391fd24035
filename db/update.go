package db

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Patch says what an update changes of a document. Its text, embedding and chunk number
// stay as they are, and so does what the patch does not name.
type Patch struct {
	// Metadata holds the fields to set. A nil value deletes the field, and the fields of
	// the nested object of that name. A nested object changes the fields that it has.
	Metadata Metadata
	// Source, unless nil, is the new source; "" is none.
	Source *string
	// Expires, unless nil, is when the document expires; the zero time is never.
	Expires *time.Time
}

// Update changes metadata, source or expiry of a document, without its text and without
// embedding it again. It is atomic with other writes: it changes the document as it is
// by then, and never brings an older text back. If only metadata and source change, the
// graph is not touched.
//
// It returns ErrNotFound, ErrInvalidID, ErrInvalidMetadata, ErrLimit, ErrDiskFull,
// ErrReadOnly and ErrClosed.
func (c *Collection) Update(ctx context.Context, id string, p Patch) error {
	_, err := c.UpdateIDs(ctx, p, id)
	return err
}

// UpdateIDs is Update for several documents, in one transaction. It returns how many
// there are. If some ids do not exist, the others are updated, and it returns ErrNotFound
// with those that don't.
func (c *Collection) UpdateIDs(ctx context.Context, p Patch, ids ...string) (n int, err error) {
	var missing []string
	err = c.do("update", "", func(v *version) (err error) {
		if err := c.db.checkBatch(len(ids), "documents"); err != nil {
			return err
		}
		for _, id := range ids {
			if err := checkID(id, c.db.opts.Limits.IDBytes); err != nil {
				return &Error{Input: reason.IDs(id), Err: err}
			}
		}
		patch, unlock, err := c.patching(v, &p)
		if err != nil {
			return err
		}
		defer unlock()
		n, missing, err = v.Update(ctx, ids, c.scope, patch, func(puts []index.Put) error { return c.checkPuts(v, puts) })
		return err
	})
	if err == nil && missing != nil {
		err = wrap("update", "", &Error{Input: reason.IDs(missing...), Err: ErrNotFound})
	}
	return n, err
}

// UpdateWhere updates the documents that match the filter when it begins and still do
// when they are written, and returns how many. It uses several transactions of bounded
// size: after an error some documents may have been updated, and the count says how many.
// To update everything, use filter.All.
func (c *Collection) UpdateWhere(ctx context.Context, where filter.Expr, p Patch) (n int, err error) {
	err = c.do("update", "", func(v *version) error {
		if err := c.checkFilter(where); err != nil {
			return err
		}
		patch, unlock, err := c.patching(v, &p)
		if err != nil {
			return err
		}
		defer unlock()
		updated, err := v.UpdateWhere(ctx, c.within(where), patch, func(puts []index.Put) error { return c.checkPuts(v, puts) })
		n += updated // another version may go on with the rest
		return err
	})
	return n, err
}

// checkPuts checks what an update makes of documents.
func (c *Collection) checkPuts(v *version, puts []index.Put) error {
	if err := c.checkScope(v, puts); err != nil {
		return err
	}
	return c.checkFields(v, puts)
}

// patching checks a patch, and returns how it makes a new record of an old one. Documents
// do not change their sources while others replace a source, until unlock.
func (c *Collection) patching(v *version, p *Patch) (patch func(*store.Record, []float32) error, unlock func(), err error) {
	limits := &c.db.opts.Limits
	if err := p.check(limits); err != nil {
		return nil, nil, err
	}
	unlock = func() {}
	if p.Source != nil {
		unlock = v.LockSources()
	}
	now := time.Now()
	return func(r *store.Record, vec []float32) error {
		d := fromRecord(r)
		if r.Precomputed {
			d.Embedding = vec
		}
		if err := p.apply(&d, limits); err != nil {
			return &Error{Input: reason.IDs(d.ID), Err: err}
		}
		text := r.TextHash // the text is the same, and so is what was embedded of it
		hash, _ := d.hashes()
		if hash == r.Hash {
			return nil
		}
		d.toRecord(r)
		r.Hash, r.TextHash, r.Created = hash, text, now
		return nil
	}, unlock, nil
}

// check returns the first reason why a patch can't be applied to any document.
func (p *Patch) check(l *Limits) error {
	if len(p.Metadata) == 0 && p.Source == nil && p.Expires == nil {
		return reason.For(ErrInvalidMetadata, "the update changes nothing; set metadata, a source or an expiry")
	}
	if p.Source != nil && *p.Source != "" {
		if err := checkID(*p.Source, l.IDBytes); err != nil {
			return reason.For(ErrInvalidMetadata, "source: %v", err)
		}
	}
	if p.Expires != nil && !p.Expires.IsZero() {
		if err := checkExpires(*p.Expires); err != nil {
			return err
		}
	}
	set, _ := p.Metadata.split("", nil)
	_, err := set.normalise(l)
	return err
}

// split returns the fields that metadata sets and, appended to gone, the names of those
// that are nil, under flat names.
func (m Metadata) split(prefix string, gone []string) (set Metadata, _ []string) {
	set = make(Metadata, len(m))
	for name, v := range m {
		var nested Metadata
		switch v := v.(type) {
		case nil:
			gone = append(gone, prefix+name)
			continue
		case map[string]any:
			nested = v
		case Metadata:
			nested = v
		default:
			set[prefix+name] = v
			continue
		}
		inner, more := nested.split(prefix+name+".", gone)
		gone = more
		maps.Copy(set, inner)
	}
	return set, gone
}

// apply changes a document.
func (p *Patch) apply(d *Document, l *Limits) error {
	if p.Source != nil {
		d.Source = *p.Source
	}
	if p.Expires != nil {
		d.Expires = p.Expires.UTC().Truncate(time.Microsecond)
		if p.Expires.IsZero() {
			d.Expires = time.Time{}
		}
	}
	if len(p.Metadata) == 0 {
		return nil
	}
	set, gone := p.Metadata.split("", nil)
	named := make(map[string]bool, len(set)) // composed
	for name := range set {
		named[nfc.Compose(name)] = true
	}
	for i := range gone {
		gone[i] = nfc.Compose(gone[i])
	}
	out := make(Metadata, len(d.Metadata)+len(set))
	for name, v := range d.Metadata {
		c := nfc.Compose(name)
		if !named[c] && !slices.ContainsFunc(gone, func(g string) bool { return c == g || strings.HasPrefix(c, g+".") }) {
			out[name] = v
		}
	}
	maps.Copy(out, set)
	var err error
	d.Metadata, err = out.normalise(l)
	return err
}
