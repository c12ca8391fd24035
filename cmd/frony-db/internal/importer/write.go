package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/db"
)

// A window is stored in parts, several at a time: one is linked into the graph while
// another waits for the disk. If the process is killed, the embeddings of unfinished
// parts are lost, so parts are small.
const (
	windowSize = 4096
	partSize   = 256

	// PartsAtOnce is the number of concurrent writes.
	PartsAtOnce = 4
)

// bundle is stored as one: a record, or all chunks of one.
type bundle struct {
	record *source.Record // or its first chunk
	source string         // of which these are all chunks; empty if they replace none
	docs   []db.Document
}

// write stores a window of records and rejects those that the collection would
// refuse.
func (im *Importer) write(ctx context.Context, records []source.Record) (int, []*source.Reject, error) {
	var rejects []*source.Reject
	stored := 0
	var window []bundle
	at := map[string]int{} // the bundle of each id in window
	flush := func() error {
		n, err := im.store(ctx, window)
		stored += n
		window = window[:0]
		clear(at)
		return err
	}
	for len(records) > 0 {
		pieces := records[:together(records)]
		records = records[len(pieces):]
		b, rj := im.bundle(pieces)
		if rj != nil {
			rejects = append(rejects, rj)
			continue
		}
		// Of two records with the same id the later wins, as in separate windows.
		if k, ok := at[b.docs[0].ID]; ok && len(b.docs) == 1 && b.source == "" && window[k].source == "" {
			window[k] = b
			stored++
			continue
		}
		for _, d := range b.docs {
			if _, ok := at[d.ID]; ok {
				if err := flush(); err != nil {
					return stored, rejects, err
				}
				break
			}
		}
		for _, d := range b.docs {
			at[d.ID] = len(window)
		}
		window = append(window, b)
	}
	err := flush()
	return stored, append(rejects, im.takeRefused()...), err
}

// together is the number of first records that are chunks of one document.
func together(records []source.Record) int {
	if records[0].Format == "" {
		return 1
	}
	n := 1
	for n < len(records) && records[n].Format != "" && records[n].Source == records[0].Source && records[n].Chunk == n {
		n++
	}
	return n
}

// bundle converts a record's pieces to documents, or rejects them all.
func (im *Importer) bundle(pieces []source.Record) (bundle, *source.Reject) {
	b := bundle{record: &pieces[0], docs: make([]db.Document, len(pieces))}
	if pieces[0].Format != "" {
		b.source = pieces[0].Source
	}
	for i := range pieces {
		b.docs[i] = pieces[i].Document()
		if err := im.col.Validate(b.docs[i]); err != nil {
			return b, reject(&pieces[i], err)
		}
	}
	return b, nil
}

// store writes bundles, part by part.
func (im *Importer) store(ctx context.Context, window []bundle) (int, error) {
	total := 0
	for _, b := range window {
		total += len(b.docs)
	}
	if total == 0 {
		return 0, nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(PartsAtOnce)
	for len(window) > 0 {
		n, docs := 0, 0
		for n < len(window) && (n == 0 || docs+len(window[n].docs) <= partSize) {
			docs += len(window[n].docs)
			n++
		}
		part := window[:n]
		window = window[n:]
		g.Go(func() error { return im.storePart(ctx, part) })
	}
	return total, g.Wait()
}

func (im *Importer) storePart(ctx context.Context, part []bundle) error {
	var rest []bundle
	for _, b := range part {
		stale, err := im.stale(ctx, b)
		if err != nil {
			return err
		}
		if len(stale) == 0 {
			rest = append(rest, b)
		} else if err := im.refuse(b, im.replace(ctx, b, stale)); err != nil {
			return err
		}
	}
	return im.storeBundles(ctx, rest)
}

// storeBundles stores bundles that leave no chunks behind.
func (im *Importer) storeBundles(ctx context.Context, part []bundle) error {
	var docs []db.Document
	for _, b := range part {
		docs = append(docs, b.docs...)
	}
	before, err := im.versions(ctx, docs)
	if err != nil {
		return err
	}
	err = im.upsert(ctx, docs)
	switch {
	case err == nil:
		return im.tally(ctx, docs, before)
	case len(part) == 1:
		return im.refuse(part[0], err)
	case errors.Is(err, db.ErrLimit): // halving finds the one at fault
		if err := im.storeBundles(ctx, part[:len(part)/2]); err != nil {
			return err
		}
		return im.storeBundles(ctx, part[len(part)/2:])
	}
	return err
}

// refuse rejects a bundle that exceeds the limits of a server, which are not known
// beforehand. It returns other errors.
func (im *Importer) refuse(b bundle, err error) error {
	if !errors.Is(err, db.ErrLimit) {
		return err
	}
	im.refusing.Lock()
	defer im.refusing.Unlock()
	im.refused = append(im.refused, reject(b.record, err))
	return nil
}

func (im *Importer) takeRefused() []*source.Reject {
	im.refusing.Lock()
	defer im.refusing.Unlock()
	r := im.refused
	im.refused = nil
	return r
}

// replace stores the chunks of a document and deletes the stale ones, in one
// transaction if they fit.
func (im *Importer) replace(ctx context.Context, b bundle, stale []string) error {
	before, err := im.versions(ctx, b.docs)
	if err != nil {
		return err
	}
	r, err := im.col.ReplaceSource(ctx, b.source, b.docs...)
	switch {
	case errors.Is(err, db.ErrBatchTooLarge):
		if err := im.upsert(ctx, b.docs); err != nil {
			return err
		}
		if r.Deleted, err = im.col.Delete(ctx, stale...); err != nil {
			return err
		}
	case err != nil:
		return err
	case r.Deleted < len(stale): // a row that was stored whole has no source
		n, err := im.col.Delete(ctx, stale...)
		if err != nil {
			return err
		}
		r.Deleted += n
	}
	im.count.removed.Add(int64(r.Deleted))
	return im.tally(ctx, b.docs, before)
}

// allNew reports whether no document can exist already: the collection was empty,
// and no id was repeated.
func (im *Importer) allNew() bool { return !im.filled && im.count.repeated.Load() == 0 }

// versions returns when the existing documents were written.
func (im *Importer) versions(ctx context.Context, docs []db.Document) (map[string]time.Time, error) {
	if im.allNew() {
		return nil, nil
	}
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	found, err := im.col.GetFields(ctx, db.FieldsNone, ids...)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, err
	}
	out := make(map[string]time.Time, len(found))
	for _, d := range found {
		out[d.ID] = d.Created
	}
	return out, nil
}

// tally counts what became of documents: an upsert leaves unchanged ones alone.
func (im *Importer) tally(ctx context.Context, docs []db.Document, before map[string]time.Time) error {
	im.count.added.Add(int64(len(docs) - len(before)))
	if len(before) == 0 {
		return nil
	}
	after, err := im.versions(ctx, docs)
	if err != nil {
		return err
	}
	for id, created := range before {
		if after[id].Equal(created) {
			im.count.unchanged.Add(1)
		} else {
			im.count.replaced.Add(1)
		}
	}
	return nil
}

// upsert writes documents in as few transactions as possible.
func (im *Importer) upsert(ctx context.Context, docs []db.Document) error {
	if len(docs) == 0 {
		return nil
	}
	write := im.col.Upsert
	if im.allNew() {
		write = im.col.Insert // nothing to compare with
	}
	_, err := write(ctx, docs...)
	if errors.Is(err, db.ErrExists) { // another process or client wrote them meanwhile
		_, err = im.col.Upsert(ctx, docs...)
	}
	if errors.Is(err, db.ErrBatchTooLarge) && len(docs) > 1 {
		if err := im.upsert(ctx, docs[:len(docs)/2]); err != nil {
			return err
		}
		return im.upsert(ctx, docs[len(docs)/2:])
	}
	return err
}

// stale returns the chunks of a previous version of a document that the new one
// does not replace: those after its last chunk, or the document as it was before it
// was cut. The numbers of chunks have no gaps, so the first missing one is the end.
func (im *Importer) stale(ctx context.Context, b bundle) ([]string, error) {
	if b.source == "" {
		return nil, nil
	}
	var stale []string
	from := 0
	if len(b.docs) > 1 {
		from = len(b.docs)
		if found, err := im.exist(ctx, b.source); err != nil {
			return nil, err
		} else if found == 1 {
			stale = append(stale, b.source)
		}
	}
	for step := 1; ; step = 64 { // most documents have none
		ids := make([]string, step)
		for i := range ids {
			ids[i] = fmt.Sprintf("%s#%d", b.source, from+i)
		}
		found, err := im.exist(ctx, ids...)
		if err != nil {
			return nil, err
		}
		stale = append(stale, ids[:found]...)
		if found < step {
			return stale, nil
		}
		from += step
	}
}

// exist returns how many of the ids exist.
func (im *Importer) exist(ctx context.Context, ids ...string) (int, error) {
	found, err := im.col.GetFields(ctx, db.FieldsNone, ids...)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return len(found), err
}
