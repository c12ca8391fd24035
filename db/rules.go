package db

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Rules are what a collection does alike wherever its documents are kept: what it
// accepts, what it makes of documents and questions, and how it ranks what was found.
// They are for engines that keep documents elsewhere (package engine), which would
// otherwise write all of this again; applications have no use for them. Their methods
// may be called concurrently.
type Rules struct {
	c *Collection // without a store: only what asks for none may be called
	v *version
}

// NewRules returns the rules of a new collection, whose options must be complete.
func NewRules(name string, o *CollectionOptions, opts *Options) (*Rules, error) {
	return rules(name, nil, o, opts)
}

// OpenRules returns the rules of a collection by its settings, as Settings returned
// them. It returns ErrModelMismatch if the collection was filled with another model.
func OpenRules(name string, settings []byte, o *CollectionOptions, opts *Options) (*Rules, error) {
	s, err := index.DecodeSettings(store.Info{Name: name, Settings: settings})
	if err != nil {
		return nil, err
	}
	return rules(name, &s, o, opts)
}

func rules(name string, was *index.Settings, o *CollectionOptions, opts *Options) (*Rules, error) {
	all, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &DB{opts: all}
	var own CollectionOptions
	if o != nil {
		own = *o
	}
	d.lend(&own, was)
	var set index.Settings
	if was == nil {
		if err = checkName(name); err == nil {
			set, err = own.create(&all.Limits)
		}
	} else {
		set = *was
		err = own.open(&set, &all.Limits)
	}
	if err != nil {
		return nil, wrap("open collection", name, err)
	}
	v := &version{Index: index.Gather(set, new(index.Statistics), nil), mismatch: d.mismatch(&set), log: all.Logger}
	v.setEmbedder(own.Embedder)
	c := &Collection{shared: &shared{db: d}}
	c.named.Store(&name)
	c.current.Store(v)
	return &Rules{c, v}, nil
}

// Settings are what an engine keeps of the collection's settings, as JSON.
func (r *Rules) Settings() ([]byte, error) { return json.Marshal(r.v.Settings()) }

// Info describes the collection, but for its documents and its age.
func (r *Rules) Info() CollectionInfo {
	s := r.v.Settings()
	ci := CollectionInfo{Name: r.c.Name(), Dims: s.Dims, HeadDims: s.HeadDims, Model: s.Spec}
	if r.v.mismatch != nil {
		ci.Degraded = r.v.mismatch.Error()
	}
	return ci
}

// Graph is how a graph of the embeddings is to be built: see CollectionOptions.
func (r *Rules) Graph() (m, efConstruction int) {
	return r.v.Settings().M, r.v.Settings().EfConstruction
}

// Limits are those of the database, without zeros.
func (r *Rules) Limits() *Limits { return &r.c.db.opts.Limits }

// Restrict is Collection.Restrict.
func (r *Rules) Restrict(where filter.Expr) (*Rules, error) {
	c, err := r.c.Restrict(where)
	if err != nil {
		return nil, err
	}
	return &Rules{c, r.v}, nil
}

// Restricted reports whether the rules are those of a restricted collection.
func (r *Rules) Restricted() bool { return r.c.scope != nil }

// Within checks a filter, and returns it within what the collection is restricted to.
func (r *Rules) Within(where filter.Expr) (filter.Expr, error) {
	return r.c.within(where), r.c.checkFilter(where)
}

// Outside is the error for a write to a document that is not in what the collection is
// restricted to.
func (r *Rules) Outside(id string) error {
	return r.c.outside(id, "a document that does not meet %s has this id")
}

// CheckIDs checks the ids of a call, and how many there are.
func (r *Rules) CheckIDs(ids []string) error {
	if err := r.c.db.checkBatch(len(ids), "documents"); err != nil {
		return err
	}
	for _, id := range ids {
		if err := checkID(id, r.c.db.opts.Limits.IDBytes); err != nil {
			return &Error{Input: reason.IDs(id), Err: err}
		}
	}
	return nil
}

// Composed is the form in which ids and sources are compared (NFC).
func Composed(name string) string { return nfc.Compose(name) }

// AllComposed are names in the form in which they are compared.
func AllComposed(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = Composed(name)
	}
	return out
}

// InOrder returns documents in the order of ids, and ErrNotFound for those that are not
// among them. at has them by their ids, composed.
func InOrder(ids []string, at map[string]*Document) ([]Document, error) {
	docs := make([]Document, 0, len(ids))
	var missing []string
	for _, id := range ids {
		if d := at[Composed(id)]; d != nil {
			docs = append(docs, *d)
		} else {
			missing = append(missing, id)
		}
	}
	if missing != nil {
		return docs, NotFound(missing...)
	}
	return docs, nil
}

// Wrap adds the operation and its input to an error, as an *Error.
func Wrap(op, input string, err error) error { return wrap(op, input, err) }

// NotFound is the ErrNotFound of ids.
func NotFound(ids ...string) error { return &Error{Input: reason.IDs(ids...), Err: ErrNotFound} }

// Exists is the ErrExists of ids.
func Exists(ids ...string) error {
	return &Error{Input: reason.IDs(ids...), Err: ErrExists, Hint: "use upsert to replace"}
}

// TooManyNames is the ErrLimit of a write that adds names of metadata to those that a
// collection has.
func TooManyNames(added, there, most int) error {
	return &Error{
		Input: fmt.Sprintf("%d new names of metadata", added),
		Err:   reason.For(ErrLimit, "the collection has %d names, at most %d", there, most),
		Hint:  "keep names few, and put what varies into values",
	}
}

// Prepared is a document that has been checked, as it is to be stored.
type Prepared struct {
	// Document has an id, metadata of the types that reads return, and an embedding of
	// unit length: nil until Embed, if none was given.
	Document
	Precomputed    bool     // the embedding was given
	Hash, TextHash [16]byte // of all of it, and of what is embedded
	// Unchanged is for the engine to set: the document is stored as it is.
	Unchanged bool
}

func (p *Prepared) put() index.Put {
	put := index.Put{Vector: p.Embedding, Unchanged: p.Unchanged}
	p.toRecord(&put.Record)
	put.Hash, put.TextHash, put.Precomputed = p.Hash, p.TextHash, p.Precomputed
	return put
}

// Prepare checks the documents of a write. Those without an id get one.
func (r *Rules) Prepare(docs []Document) ([]Prepared, error) {
	if err := r.c.db.checkBatch(len(docs), "documents"); err != nil {
		return nil, err
	}
	puts, err := r.c.check(r.v, docs)
	if err == nil {
		err = r.c.checkScope(r.v, puts)
	}
	if err != nil {
		return nil, err
	}
	out := make([]Prepared, len(puts))
	for i := range puts {
		p := &puts[i]
		out[i] = Prepared{Document: fromRecord(&p.Record), Precomputed: p.Precomputed, Hash: p.Hash, TextHash: p.TextHash}
		out[i].Embedding = p.Vector
	}
	return out, nil
}

// Embed embeds the documents that have no embedding and have changed.
func (r *Rules) Embed(ctx context.Context, docs []Prepared) error {
	puts, given := make([]index.Put, len(docs)), make([]Document, len(docs))
	for i := range docs {
		puts[i] = docs[i].put()
		if docs[i].Precomputed {
			given[i].Embedding = docs[i].Embedding
		}
	}
	err := r.v.checkGiven(given, puts)
	if err == nil {
		err = r.v.embed(ctx, puts)
	}
	for i := range docs {
		docs[i].Embedding = puts[i].Vector
	}
	return err
}

// Sourced is what ReplaceSource writes: the documents with the source and an id.
func (r *Rules) Sourced(source string, docs []Document) ([]Document, error) {
	if err := checkID(source, r.c.db.opts.Limits.IDBytes); err != nil {
		return nil, err
	}
	return sourced(source, docs), nil
}

// Cut is what UpsertChunks and InsertChunks write, and the sources of it.
func (r *Rules) Cut(o chunk.Options, docs []Document) (chunks []Document, sources []string, err error) {
	w, err := r.c.cut(r.v, o, docs)
	return w.Docs, w.Sources, err
}

// Chunks is Collection.Chunks.
func (r *Rules) Chunks(o chunk.Options, docs ...Document) ([]Document, error) {
	return r.c.Chunks(o, docs...)
}

// Validate is Collection.Validate.
func (r *Rules) Validate(d Document) error { return r.c.Validate(d) }

// Patch returns how a patch changes a stored document, and reports whether it does. Hash
// is set to the new one; the embedding is looked at if it was given.
func (r *Rules) Patch(p Patch) (func(d *Prepared) (changed bool, err error), error) {
	limits := r.Limits()
	if err := p.check(limits); err != nil {
		return nil, err
	}
	return func(d *Prepared) (bool, error) {
		if err := p.apply(&d.Document, limits); err != nil {
			return false, &Error{Input: reason.IDs(d.ID), Err: err}
		}
		whole := d.Document
		if !d.Precomputed {
			whole.Embedding = nil
		}
		hash, _ := whole.hashes()
		if hash == d.Hash {
			return false, nil
		}
		d.Hash, d.Created = hash, time.Now()
		put := d.put()
		return true, r.c.checkScope(r.v, []index.Put{put})
	}, nil
}

// Terms are the keys of the document's terms in ascending order, each as often as it
// occurs, and its length.
func (r *Rules) Terms(d *Document) (keys []uint64, length uint32) {
	var rec store.Record
	d.toRecord(&rec)
	t := r.v.Words().Analyze(index.WordsOf(&rec))
	return t, t.Length()
}

// EncodeMetadata writes metadata of a Prepared so that DecodeMetadata reads the same.
func EncodeMetadata(m Metadata) []byte { return store.AppendMetadata([]byte{}, m) }

// DecodeMetadata reads metadata. It returns ErrCorrupt.
func DecodeMetadata(b []byte) (Metadata, error) {
	if len(b) == 0 {
		return nil, nil
	}
	m, err := store.DecodeMetadata(b)
	return m, err
}

// Columns are what filters compare of a document: for each field a key, or the list of
// the keys of its elements, in hexadecimal. Keys sort as their values do, and equal
// values have equal keys: see filter.Value.AppendKey. The source is the field _source.
func (d *Document) Columns() map[string]any {
	var rec store.Record
	d.toRecord(&rec)
	out := map[string]any{}
	for name, v := range index.ColumnsOf(&rec) {
		name = nfc.Compose(name)
		if strings.HasPrefix(name, "\x00") {
			continue
		}
		switch v := v.(type) {
		case []string:
			keys := make([]string, len(v))
			for i, s := range v {
				keys[i] = ColumnKey(filter.Text(nfc.Compose(s))) // an element is no time
			}
			out[name] = keys
		case []int64:
			out[name] = columnKeys(v)
		case []float64:
			out[name] = columnKeys(v)
		default:
			out[name] = ColumnKey(v)
		}
	}
	if d.Source != "" {
		out[filter.FieldSource] = ColumnKey(filter.Text(nfc.Compose(d.Source)))
	} else {
		delete(out, filter.FieldSource)
	}
	return out
}

func columnKeys[T int64 | float64](list []T) []string {
	keys := make([]string, len(list))
	for i, x := range list {
		keys[i] = ColumnKey(x)
	}
	return keys
}

// ColumnKey is the key of a value in Columns; "" for what equals nothing.
func ColumnKey(v any) string {
	val, err := filter.ValueOf(v)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(val.AppendKey(nil))
}
