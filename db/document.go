package db

import (
	"crypto/sha256"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// Document is a text with its embedding and metadata.
type Document struct {
	// ID identifies the document within its collection. If it is empty, Insert and
	// Upsert generate one.
	ID string
	// Text is embedded as a passage. It may be empty if Title or Embedding is set.
	Text string
	// Title is what stands above the text, if anything: the title of the document
	// that it is from, and for a chunk of Markdown the headings above it, with " > "
	// between them. It is embedded in front of the text, and words in it weigh more
	// than words of the text. In a filter it is the field "title", unless Metadata has
	// one of that name.
	Title string
	// Metadata holds the fields that filters test.
	Metadata Metadata
	// Embedding is the full vector, with the dimensions of the collection. If set
	// on a write, it is normalised and stored, and the text is not embedded. Reads
	// return it, L2-normalised, if Fields includes FieldEmbedding.
	Embedding []float32
	// Source names what the document is a part of, such as a file; Chunk is its
	// position there. Both are optional.
	Source string
	Chunk  int
	// Expires is when the document expires: no read returns it any more, and it
	// is deleted in the background. Zero means never.
	Expires time.Time
	// Created is when this version of the document was written. Reads set it.
	Created time.Time
}

// Fields selects the parts of a document that a read returns.
type Fields uint8

// The parts of a document. The id, title, source and times are always returned.
const (
	FieldText Fields = 1 << iota
	FieldMetadata
	FieldEmbedding
	// FieldsDefault is what a zero Fields means.
	FieldsDefault = FieldText | FieldMetadata
	// FieldsNone selects none of these.
	FieldsNone Fields = 1 << 7
)

// stored returns the fields in the store's terms.
func (f Fields) stored() store.Fields {
	if f == 0 {
		f = FieldsDefault
	}
	var s store.Fields
	if f&FieldText != 0 {
		s |= store.WithText
	}
	if f&FieldMetadata != 0 {
		s |= store.WithMetadata
	}
	if f&FieldEmbedding != 0 {
		s |= store.WithVector
	}
	return s
}

// fromRecord and toRecord are the only conversions between documents and the
// store's records. Embeddings are stored apart from the records.
func fromRecord(r *store.Record) Document {
	return Document{
		ID: r.ID, Text: r.Text, Title: r.Title, Metadata: r.Metadata,
		Source: r.Source, Chunk: r.Chunk, Created: r.Created, Expires: r.Expires,
	}
}

func (d *Document) toRecord(r *store.Record) {
	r.ID, r.Text, r.Title, r.Metadata = d.ID, d.Text, d.Title, d.Metadata
	r.Source, r.Chunk, r.Expires = d.Source, d.Chunk, d.Expires
	r.Precomputed = d.Embedding != nil
}

// Validate returns the error that Insert and Upsert would return for the document,
// without writing it. A document without an id is valid: they generate one.
func (c *Collection) Validate(d Document) error {
	v := c.current.Load()
	err := d.validate(&c.db.opts.Limits, v.Settings().Dims, v.embedder() != nil || v.mismatch != nil)
	if err == nil && c.scope != nil {
		var r store.Record
		d.toRecord(&r)
		err = c.checkScope(v, []index.Put{{Record: r}})
	}
	return err
}

// Validate is Collection.Validate for a collection that is open elsewhere, such as
// on a server. It applies the default limits.
func (i CollectionInfo) Validate(d Document) error {
	l := Limits{}.withDefaults()
	return d.validate(&l, i.Dims, i.Model != nil)
}

func (d *Document) validate(l *Limits, dims int, embeds bool) error {
	if d.ID == "" {
		d.ID = "?"
	}
	if d.Embedding == nil && !embeds && d.Text+d.Title != "" {
		return reason.For(ErrNoEmbedder, "the document has a text and no embedding")
	}
	return d.check(l, dims)
}

// check returns the first reason why a document can't be stored, and converts its
// metadata to the store's types.
func (d *Document) check(l *Limits, dims int) error {
	if err := checkID(d.ID, l.IDBytes); err != nil {
		return err
	}
	switch {
	case d.Text == "" && d.Title == "" && d.Embedding == nil:
		return reason.For(ErrInvalidText, "it is empty, and there is no embedding")
	case len(d.Text) > l.TextBytes:
		return reason.For(ErrInvalidText, "%d bytes, at most %d; split it into chunks", len(d.Text), l.TextBytes)
	case !utf8.ValidString(d.Text):
		return reason.For(ErrInvalidText, "not UTF-8 at byte %d", invalidAt(d.Text))
	case len(d.Title) > l.TitleBytes:
		return reason.For(ErrInvalidText, "its title has %d bytes, at most %d", len(d.Title), l.TitleBytes)
	case !utf8.ValidString(d.Title):
		return reason.For(ErrInvalidText, "its title is not UTF-8 at byte %d", invalidAt(d.Title))
	}
	if d.Source != "" {
		if err := checkID(d.Source, l.IDBytes); err != nil {
			return reason.For(ErrInvalidMetadata, "source: %v", err)
		}
	}
	if d.Embedding != nil {
		if err := checkVector(d.Embedding, dims); err != nil {
			return err
		}
	}
	if err := checkExpires(d.Expires); err != nil {
		return err
	}
	m, err := d.Metadata.normalise(l)
	if err != nil {
		return err
	}
	d.Metadata = m
	return nil
}

func checkExpires(t time.Time) error {
	if !t.IsZero() && (t.Year() < 1 || t.Year() > 9999) {
		return reason.For(ErrInvalidMetadata, "expires: the year %d is not between 1 and 9999; leave it out for a document that never expires", t.Year())
	}
	return nil
}

func checkID(id string, limit int) error {
	switch {
	case id == "":
		return reason.For(ErrInvalidID, "it is empty")
	case len(id) > limit:
		return reason.For(ErrInvalidID, "%d bytes, at most %d", len(id), limit)
	case !utf8.ValidString(id):
		return reason.For(ErrInvalidID, "%q is not UTF-8", id)
	}
	for _, r := range id {
		if unicode.IsControl(r) {
			return reason.For(ErrInvalidID, "%q has the control character %U", id, r)
		}
	}
	return nil
}

// checkVector refuses vectors that would spoil a ranking: NaN sorts above every
// score.
func checkVector(v []float32, dims int) error {
	if len(v) != dims {
		return reason.For(ErrInvalidEmbedding, "%d dimensions, the collection has %d", len(v), dims)
	}
	// A NaN or an infinity shows in the sum of squares.
	if sum := quant.Dot(v, v); sum > 1e-30 && sum < 1e30 {
		return nil
	}
	var sum float64
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return reason.For(ErrInvalidEmbedding, "component %d is %v", i, x)
		}
		sum += float64(x) * float64(x)
	}
	if norm := math.Sqrt(sum); norm < 1e-18 {
		return reason.For(ErrInvalidEmbedding, "its length is zero")
	}
	return nil
}

func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

// hashes returns what an upsert compares: a hash of the whole document, and one of
// the title and text that the embedder reads.
func (d *Document) hashes() (all, text [16]byte) {
	buf := hashed.Get().(*[]byte)
	defer hashed.Put(buf)
	b := (*buf)[:0]
	b = append(b, d.Text...)
	h := sha256.Sum256(b)
	if d.Title != "" { // the hashes of texts without one are older than titles
		h = sha256.Sum256(append(append(b[:0], h[:]...), d.Title...))
	}
	copy(text[:], h[:])
	b = store.AppendMetadata(append(b[:0], h[:]...), d.Metadata)
	b = append(b, d.Source...)
	b = append(b, 0, byte(d.Chunk), byte(d.Chunk>>8), byte(d.Chunk>>16), byte(d.Chunk>>24))
	b = store.AppendVector(b, d.Embedding)
	if !d.Expires.IsZero() {
		b = strconv.AppendInt(append(b, 'e'), d.Expires.UnixMicro(), 10)
	}
	h = sha256.Sum256(b)
	copy(all[:], h[:])
	*buf = b
	return all, text
}

var hashed = sync.Pool{New: func() any { return new([]byte) }}
