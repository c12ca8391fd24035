package opensearch

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
	"github.com/fronyai/frony-db/internal/parallel"
	"github.com/fronyai/frony-db/internal/writes"
)

// write is a batch of documents to be written, with a token by which they are known.
type write struct {
	writes.Batch[db.Document]
	token string
}

// Insert is db.Collection.Insert. If it ends before all are written, some may be.
func (c *Collection) Insert(ctx context.Context, docs ...db.Document) ([]string, error) {
	r, err := c.write(ctx, "insert", writes.Batch[db.Document]{Mode: writes.Insert, Docs: docs})
	return r.IDs, err
}

// Upsert is db.Collection.Upsert. If it ends before all are written, some may be.
func (c *Collection) Upsert(ctx context.Context, docs ...db.Document) ([]string, error) {
	r, err := c.write(ctx, "upsert", writes.Batch[db.Document]{Mode: writes.Upsert, Docs: docs})
	return r.IDs, err
}

// ReplaceSource is db.Collection.ReplaceSource.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...db.Document) (db.Replaced, error) {
	docs, err := c.Sourced(source, docs)
	if err != nil {
		return db.Replaced{}, failed("replace source", source, err)
	}
	return c.write(ctx, "replace source", writes.Batch[db.Document]{Mode: writes.Replace, Docs: docs, Sources: []string{source}})
}

// UpsertChunks is db.Collection.UpsertChunks.
func (c *Collection) UpsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) (db.Replaced, error) {
	return c.writeChunks(ctx, "upsert chunks", writes.Replace, o, docs)
}

// InsertChunks is db.Collection.InsertChunks.
func (c *Collection) InsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) ([]string, error) {
	r, err := c.writeChunks(ctx, "insert chunks", writes.InsertSources, o, docs)
	return r.IDs, err
}

func (c *Collection) writeChunks(ctx context.Context, op string, m writes.Mode, o chunk.Options, docs []db.Document) (db.Replaced, error) {
	chunks, sources, err := c.Cut(o, docs)
	if err != nil {
		return db.Replaced{}, failed(op, "", err)
	}
	return c.write(ctx, op, writes.Batch[db.Document]{Mode: m, Docs: chunks, Sources: sources, Wholes: sources})
}

// attempts is how often a write that others got in the way of begins again.
const attempts = 10

func (c *Collection) write(ctx context.Context, op string, b writes.Batch[db.Document]) (db.Replaced, error) {
	w := write{b, token()}
	for i := 0; ; i++ {
		r, err := c.run(ctx, w)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, errChanged) && !errors.Is(err, errStale) || i == attempts || backoff(ctx, i) != nil {
			return db.Replaced{}, failed(op, "", err)
		}
	}
}

// run takes the steps of every write: check, compare with what is stored, embed, commit.
func (c *Collection) run(ctx context.Context, w write) (r db.Replaced, err error) {
	if c.d.opts.ReadOnly {
		return r, db.ErrReadOnly
	}
	docs, err := c.Prepare(w.Docs)
	if err != nil {
		return r, err
	}
	for i := range docs {
		r.IDs = append(r.IDs, docs[i].ID)
	}
	if !w.Mode.Adds() {
		if err := c.compare(ctx, docs); err != nil {
			return r, err
		}
	}
	if err := c.Embed(ctx, docs); err != nil {
		return r, err
	}
	now := time.Now().Truncate(time.Microsecond)
	fresh := &batch{of: map[string]*changed{}}
	for i := range docs {
		if docs[i].Created = now; docs[i].Unchanged {
			continue
		}
		fresh.add(&changed{Prepared: &docs[i], key: db.Composed(docs[i].ID), number: now.UnixMilli()*mostInOne + int64(i)})
	}
	r.Written, r.Unchanged = len(fresh.all), len(docs)-len(fresh.all)
	if err := c.note(ctx, fresh.all); err != nil {
		return r, err
	}
	parallel.Each(len(fresh.all), 16, func(i int) { fresh.all[i].words = c.analyse(fresh.all[i].Prepared) })
	if w.Mode == writes.Insert || w.Mode == writes.Upsert {
		return r, c.commitEach(ctx, w, fresh)
	}
	r.Deleted, err = c.commitTogether(ctx, w, docs, fresh)
	return r, err
}

// changed is a document to be written, with its terms.
type changed struct {
	*db.Prepared
	key    string
	number int64
	words  analysed
}

// mostInOne is more than the documents of a call: numbers of documents are the time of
// the call, times this, and their place in it.
const mostInOne = 1 << 14

// batch are the documents that a call writes, in its order and by their keys.
type batch struct {
	all []*changed
	of  map[string]*changed
}

func (b *batch) add(d *changed) {
	b.all = append(b.all, d)
	b.of[d.key] = d
}

// compare marks the documents that are stored as they are, and takes the embeddings of
// those whose texts are.
func (c *Collection) compare(ctx context.Context, docs []db.Prepared) error {
	keys := make([]string, len(docs))
	at := make(map[string]*db.Prepared, len(docs))
	for i := range docs {
		keys[i] = db.Composed(docs[i].ID)
		at[keys[i]] = &docs[i]
	}
	return c.reads(ctx, func(s *state) error {
		places, err := c.places(ctx, s, reading{fields: db.FieldsNone}, keys)
		if err != nil {
			return err
		}
		var same []string
		for key, p := range places {
			o, d := p.live(), at[key]
			if o == nil {
				continue
			}
			d.Unchanged = o.Hash == d.Hash
			if !d.Unchanged && o.TextHash == d.TextHash && !o.Precomputed && !d.Precomputed {
				same = append(same, key)
			}
		}
		if same != nil {
			if places, err = c.places(ctx, s, reading{fields: db.FieldEmbedding}, same); err != nil {
				return err
			}
			for key, p := range places {
				if o := p.live(); o != nil && o.TextHash == at[key].TextHash && len(o.Embedding) > 0 {
					at[key].Embedding = o.Embedding
				}
			}
		}
		return c.still(ctx, s)
	})
}

// commitEach writes documents each by itself.
func (c *Collection) commitEach(ctx context.Context, w write, fresh *batch) error {
	keys := make([]string, len(fresh.all))
	for i, f := range fresh.all {
		keys[i] = f.key
	}
	_, err := c.writeEach(ctx, &oneByOne{
		keys: keys, token: w.token, reading: reading{fields: db.FieldMetadata}, isNew: w.Mode == writes.Insert,
		check: func(places map[string]*place) error { return c.checkPlaces(w, fresh, places) },
		body: func(key string, _ *place) ([]byte, error) {
			f := fresh.of[key]
			return c.encode(f.Prepared, f.words, 0, f.number, w.token)
		},
	})
	if errors.Is(err, errEmptied) {
		docs := make([]db.Prepared, len(fresh.all))
		for i, f := range fresh.all {
			docs[i] = *f.Prepared
		}
		_, err = c.commitTogether(ctx, w, docs, fresh)
	}
	return err
}

// checkPlaces refuses a write for what is in the places of its documents.
func (c *Collection) checkPlaces(w write, fresh *batch, places map[string]*place) error {
	var taken []string
	for key, p := range places {
		o := p.live()
		if o == nil || o.token == w.token {
			continue
		}
		if w.Mode.Adds() {
			taken = append(taken, fresh.of[key].ID)
			continue
		}
		if ok, err := evaluate.Within(c.Rules, &o.Document); err != nil || !ok {
			return errors.Join(err, c.Outside(fresh.of[key].ID))
		}
	}
	if taken != nil {
		return db.Exists(taken...)
	}
	return nil
}

// note refuses documents with too many names that the collection does not have: a field
// is a name that someone must know.
func (c *Collection) note(ctx context.Context, docs []*changed) error {
	var names []string
	c.seen.mu.Lock()
	for _, d := range docs {
		for name := range d.Metadata {
			if name = db.Composed(name); !c.seen.names[name] {
				names = append(names, name)
			}
		}
	}
	c.seen.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	return c.reads(ctx, func(s *state) error {
		known, _, err := c.known(ctx, s)
		if err != nil {
			return err
		}
		there, added := len(known), map[string]bool{}
		for _, name := range names {
			if known[name] == nil {
				added[name] = true
			}
		}
		if most := c.Limits().CollectionFields; len(added) > 0 && there+len(added) > most {
			return db.TooManyNames(len(added), there, most)
		}
		c.seen.mu.Lock()
		defer c.seen.mu.Unlock()
		if c.seen.names == nil {
			c.seen.names = map[string]bool{}
		}
		for _, name := range names {
			c.seen.names[name] = true
		}
		return nil
	})
}
