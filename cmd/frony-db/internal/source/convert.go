package source

import "github.com/fronyai/frony-db/db"

// Document is the document that the record is stored as.
func (r *Record) Document() db.Document {
	return db.Document{
		ID: r.ID, Text: r.Text, Title: r.Title, Metadata: r.Metadata, Embedding: r.Embedding,
		Source: r.Source, Chunk: r.Chunk, Expires: r.Expires,
	}
}

// FromDocument is the inverse of Document.
func FromDocument(d db.Document) Record {
	return Record{
		ID: d.ID, Text: d.Text, Title: d.Title, Metadata: d.Metadata, Embedding: d.Embedding,
		Source: d.Source, Chunk: d.Chunk, Expires: d.Expires,
	}
}
