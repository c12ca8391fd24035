package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/db"
)

// What is written in one transaction.
const (
	maxDocuments = 500
	maxBytes     = 4 << 20
)

// Batch is what Add adds.
type Batch struct {
	// Namespace is the collection; empty means Options.Collection. It is created if it
	// is missing: for the embeddings of the documents if they have any, otherwise for
	// those of the database's or the server's model.
	Namespace string
	Documents []Document
	// Embedder, if set, embeds the documents that have no embedding. A collection is for
	// the embeddings of one model.
	Embedder Embedder
}

// Add adds documents, replacing those with the same ids, and returns the ids in order.
// Documents that are equal in text and metadata, and have no ids, are one.
//
// Up to 500 documents of 4 MiB together are written all or none. More are written in
// several transactions: after an error, the ids of those that are written come with it.
func (s *Store) Add(ctx context.Context, b Batch) ([]string, error) {
	docs, ids, err := pending(b.Documents)
	if err != nil {
		return nil, err
	}
	written := 0
	for written < len(docs) {
		part := docs[written:]
		part = part[:fitting(part)]
		if err = s.write(ctx, &b, part); err != nil {
			break
		}
		written += len(part)
	}
	if written == len(docs) {
		return ids, nil
	}
	done := make(map[string]bool, written)
	for i := range docs[:written] {
		done[docs[i].ID] = true
	}
	var known []string
	for _, id := range ids {
		if done[id] {
			known = append(known, id)
		}
	}
	return known, err
}

// pending returns what is to be written, and the ids of all documents.
func pending(in []Document) (docs []db.Document, ids []string, err error) {
	docs, ids = make([]db.Document, 0, len(in)), make([]string, len(in))
	seen := make(map[string]bool, len(in))
	for i := range in {
		doc := db.Document{ID: in[i].ID, Text: in[i].Text, Embedding: in[i].Embedding}
		if doc.Metadata, err = pack(in[i].Metadata); err != nil {
			return nil, nil, fmt.Errorf("store: document %d: %w", i+1, err)
		}
		doc.Source, _ = in[i].Metadata[keySource].(string)
		given := doc.ID != ""
		if !given {
			if doc.ID, err = contentID(&doc); err != nil {
				return nil, nil, fmt.Errorf("store: document %d: %w", i+1, err)
			}
		}
		// The database looks at one transaction, and there may be several.
		if seen[doc.ID] && given {
			return nil, nil, fmt.Errorf("store: document %d: %q: %w", i+1, doc.ID, db.ErrDuplicateID)
		}
		if ids[i] = doc.ID; !seen[doc.ID] {
			docs = append(docs, doc)
		}
		seen[doc.ID] = true
	}
	return docs, ids, nil
}

// contentID is an id for a document that has none.
func contentID(d *db.Document) (string, error) {
	content, err := json.Marshal([]any{d.Text, map[string]any(d.Metadata)}) // with sorted names
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16]), nil
}

// fitting is how many of the documents fit one transaction, at least one.
func fitting(docs []db.Document) int {
	bytes := 0
	for i := range docs[:min(len(docs), maxDocuments)] {
		bytes += len(docs[i].Text) + 4*len(docs[i].Embedding)
		if i > 0 && bytes > maxBytes {
			return i
		}
	}
	return min(len(docs), maxDocuments)
}

// write writes documents in one transaction, and creates their collection if it is missing.
func (s *Store) write(ctx context.Context, b *Batch, docs []db.Document) error {
	if err := embed(ctx, b.Embedder, docs); err != nil {
		return err
	}
	name := s.name(b.Namespace)
	err := s.upsert(ctx, name, docs)
	if !errors.Is(err, db.ErrNoCollection) {
		return err
	}
	if err := s.source.create(ctx, name, len(docs[0].Embedding)); err != nil {
		return err
	}
	return s.upsert(ctx, name, docs)
}

func (s *Store) upsert(ctx context.Context, name string, docs []db.Document) error {
	c, err := s.source.open(ctx, name)
	if err != nil {
		return err
	}
	_, err = c.Upsert(ctx, docs...)
	return err
}

// embed embeds the documents that have no embedding.
func embed(ctx context.Context, e Embedder, docs []db.Document) error {
	if e == nil {
		return nil
	}
	var texts []string
	var at []int
	for i := range docs {
		if docs[i].Embedding == nil {
			if docs[i].Text == "" {
				return fmt.Errorf("store: document %q has no text to embed: %w", docs[i].ID, db.ErrInvalidText)
			}
			texts, at = append(texts, docs[i].Text), append(at, i)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	vectors, err := e.EmbedPassages(ctx, texts)
	if err != nil {
		return fmt.Errorf("store: embed documents: %w", err)
	}
	if len(vectors) != len(texts) {
		return fmt.Errorf("store: the embedder returned %d embeddings of %d texts", len(vectors), len(texts))
	}
	for i, v := range vectors {
		docs[at[i]].Embedding = v
	}
	return nil
}
