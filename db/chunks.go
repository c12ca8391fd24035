package db

import (
	"context"
	"fmt"
	"maps"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/internal/nfc"
	"github.com/fronyai/frony-db/internal/writes"
)

// Metadata fields of chunks. A document's own fields of the same name win.
const (
	MetaHeading = "heading"     // []string, the headings above the chunk, which end its Title
	MetaStart   = "chunk_start" // int64, the offset of its first byte in the document's text
	MetaEnd     = "chunk_end"   // int64, the offset after its last byte
	MetaTitle   = "title"       // string, the title of a Markdown document
)

// Chunks splits documents into chunks that fit the collection's model, as
// UpsertChunks stores them.
//
// A chunk has its document's metadata and, in MetaHeading, MetaStart and MetaEnd,
// its position. Its Title is that of the document, with the headings above the chunk.
// Its Source is the document's id, and the n-th chunk has the id
// "ID#n". A document that fits into one chunk keeps its id. Documents that have an
// Embedding, or the Source of another document, are not split. The front matter of
// Markdown becomes metadata, and its first heading the title, unless the document
// has fields of that name. A document without an id gets one.
//
// The zero options split plain text at chunk.DefaultMaxTokens or the model's
// maximum, whichever is less, in the model's own tokens if it can count them; Markdown
// leaves an eighth of that maximum to the title. Chunks returns ErrInvalidOptions if o asks for more than the model's maximum.
func (c *Collection) Chunks(o chunk.Options, docs ...Document) ([]Document, error) {
	o, err := c.current.Load().chunking(o)
	if err != nil {
		return nil, wrap("chunk", "", err)
	}
	return split(o, docs), nil
}

// Chunks is Collection.Chunks for a collection that is open elsewhere, such as on a
// server. Its model is not available here: o.Count counts the tokens, or, if nil,
// they are estimated.
func (i CollectionInfo) Chunks(o chunk.Options, docs ...Document) ([]Document, error) {
	o, err := chunking(o, i.Model)
	if err != nil {
		return nil, wrap("chunk", "", err)
	}
	return split(o, docs), nil
}

func split(o chunk.Options, docs []Document) []Document {
	out := make([]Document, 0, len(docs))
	for _, d := range docs {
		out = appendChunks(out, d, o)
	}
	return out
}

// UpsertChunks splits documents as Chunks does and stores the chunks, in one
// transaction. They replace what was stored for documents with these ids, whole or
// in chunks. Unchanged chunks are neither embedded nor written again. To delete the
// chunks of a document, call ReplaceSource with its id and no documents.
//
// Its errors are those of Upsert, and ErrInvalidOptions.
func (c *Collection) UpsertChunks(ctx context.Context, o chunk.Options, docs ...Document) (r Replaced, err error) {
	return c.writeChunks(ctx, "upsert chunks", writes.Replace, o, docs)
}

// InsertChunks splits documents as Chunks does and adds the chunks, all or none. It
// returns the ids of the chunks in order.
//
// It returns ErrExists, naming the ids, if one of the documents already exists,
// whole or in chunks: that is, if its id is the ID or the Source of a stored
// document. Its other errors are those of UpsertChunks.
func (c *Collection) InsertChunks(ctx context.Context, o chunk.Options, docs ...Document) ([]string, error) {
	r, err := c.writeChunks(ctx, "insert chunks", writes.InsertSources, o, docs)
	return r.IDs, err
}

func (c *Collection) writeChunks(ctx context.Context, op string, m writes.Mode, o chunk.Options, docs []Document) (r Replaced, err error) {
	err = c.do(op, "", func(v *version) error {
		w, err := c.cut(v, o, docs)
		if err != nil {
			return err
		}
		w.Mode = m
		r, err = c.run(ctx, v, w)
		return err
	})
	if err != nil {
		return Replaced{}, err
	}
	return r, nil
}

// cut splits documents for a version's model. The sources of the write are their
// ids.
func (c *Collection) cut(v *version, o chunk.Options, docs []Document) (w write, err error) {
	if o, err = v.chunking(o); err != nil {
		return w, err
	}
	seen := make(map[string]bool, len(docs))
	for _, d := range docs {
		if d.ID == "" {
			d.ID = newID()
		}
		composed := nfc.Compose(d.ID)
		if seen[composed] {
			return w, &Error{Input: reason.IDs(d.ID), Err: ErrDuplicateID}
		}
		seen[composed] = true
		w.Sources = append(w.Sources, d.ID)
		w.Docs = appendChunks(w.Docs, d, o)
		if err := c.db.checkBatch(len(w.Docs), "chunks"); err != nil {
			return w, err
		}
	}
	w.Wholes = w.Sources
	return w, nil
}

// chunking fills in the options that depend on the version's model.
func (v *version) chunking(o chunk.Options) (chunk.Options, error) {
	e := v.embedder()
	if e == nil {
		return chunking(o, nil)
	}
	if o.Count == nil {
		o.Count = embedder.Counter(e)
	}
	spec := e.Spec()
	return chunking(o, &spec)
}

// chunking fills in the options that depend on a model, if there is one, and checks
// them.
func chunking(o chunk.Options, spec *embedder.Spec) (chunk.Options, error) {
	if err := o.Validate(); err != nil {
		return o, reason.For(ErrInvalidOptions, "%v", err)
	}
	if spec == nil {
		return o, nil
	}
	if spec.MaxTokens > 0 {
		if o.MaxTokens > spec.MaxTokens {
			return o, reason.For(ErrInvalidOptions, "chunks of %d tokens: the model %s reads %d at most", o.MaxTokens, spec.Model, spec.MaxTokens)
		}
		if o.MaxTokens == 0 {
			o.MaxTokens = min(chunk.DefaultMaxTokens, spec.MaxTokens)
			if o.Format == chunk.Markdown { // leaves space for the headings above
				o.MaxTokens = min(o.MaxTokens, spec.MaxTokens-spec.MaxTokens/8)
			}
		}
	}
	if o.Count != nil && o.MaxTokens > 0 {
		if n := o.Count(""); o.MaxTokens <= n {
			return o, reason.For(ErrInvalidOptions, "chunks of %d tokens: the model %s adds %d to every text", o.MaxTokens, spec.Model, n)
		}
	}
	return o, nil
}

// appendChunks appends the chunks of a document to dst.
func appendChunks(dst []Document, d Document, o chunk.Options) []Document {
	if d.ID == "" {
		d.ID = newID()
	}
	if d.Embedding != nil || d.Source != "" && d.Source != d.ID {
		return append(dst, d)
	}
	d.Source = d.ID
	body := 0
	if o.Format == chunk.Markdown {
		body = d.readMarkdown()
	}
	title := d.Title
	pieces := chunk.Split(d.Text, o)
	if len(pieces) <= 1 {
		d.Text = d.Text[body:]
		return append(dst, d)
	}
	for _, p := range pieces {
		piece := d
		piece.ID, piece.Chunk, piece.Text = fmt.Sprintf("%s#%d", d.ID, p.Index), p.Index, p.Text
		piece.Title = chunk.JoinTitle(title, p.Heading, max(longestPath, len(title)))
		piece.Metadata = Metadata{MetaStart: int64(p.Start), MetaEnd: int64(p.End)}
		if len(p.Heading) > 0 {
			piece.Metadata[MetaHeading] = p.Heading
		}
		maps.Copy(piece.Metadata, d.Metadata)
		dst = append(dst, piece)
	}
	return dst
}

// longestPath is the length in bytes of the longest title that is made of headings.
const longestPath = 1024

// readMarkdown adds the front matter and the title of a Markdown document to its
// metadata, sets its title, and returns the offset of its text. Front matter that has
// no fields counts as text.
func (d *Document) readMarkdown() (body int) {
	meta, body, _ := chunk.FrontMatter(d.Text) // an error is a warning
	if _, ok := meta[MetaTitle]; !ok && d.Metadata[MetaTitle] == nil {
		title := d.Title
		if title == "" {
			title = chunk.Title(d.Text)
		}
		if title != "" {
			if meta == nil {
				meta = map[string]any{}
			}
			meta[MetaTitle] = title
		}
	}
	if len(meta) > 0 {
		all := Metadata(meta)
		maps.Copy(all, d.Metadata)
		d.Metadata = all
	}
	if d.Title == "" {
		d.Title, _ = d.Metadata[MetaTitle].(string)
	}
	return body
}
