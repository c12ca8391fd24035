package source

import "github.com/fronyai/frony-db/db"

// Document is the document that the record is stored as.
func (r *Record) Document() db.Document {
	d := db.Document{
		ID: r.ID, Text: r.Text, Metadata: r.Metadata, Embedding: r.Embedding,
		Source: r.Source, Chunk: r.Chunk, Expires: r.Expires,
	}
	if r.Title != "" {
		if d.Metadata == nil {
			d.Metadata = db.Metadata{}
		}
		if _, ok := d.Metadata["title"]; !ok {
			d.Metadata["title"] = r.Title
		}
	}
	return d
}

// FromDocument is the inverse of Document. It changes the document's metadata.
func FromDocument(d db.Document) Record {
	r := Record{
		ID: d.ID, Text: d.Text, Metadata: d.Metadata, Embedding: d.Embedding,
		Source: d.Source, Chunk: d.Chunk, Expires: d.Expires,
	}
	if title, ok := d.Metadata["title"].(string); ok && title != "" {
		r.Title = title
		delete(r.Metadata, "title")
	}
	return r
}
