package api

import (
	"time"

	"github.com/fronyai/frony-db/db"
)

// Content is what a document holds, whichever way it travels.
type Content struct {
	Text      string    `json:"text,omitempty" doc:"The text, embedded as a passage" example:"서울의 봄은 짧다"`
	Title     string    `json:"title,omitempty" doc:"What stands above the text: the title of the document that it is from, and the headings above it. Embedded in front of the text, and its words weigh more" example:"계절"`
	Metadata  Metadata  `json:"metadata,omitempty" doc:"Fields for filters: strings, numbers, booleans, times, and lists of strings or numbers. A nested object becomes fields with dots between the names, such as author.name"`
	Embedding []float32 `json:"embedding,omitzero" doc:"The embedding, as long as the collection's dims. On a write it replaces the model's; on a read it has unit length"`
	Source    string    `json:"source,omitempty" doc:"What the document is a part of, such as a file"`
	Chunk     int       `json:"chunk,omitzero" minimum:"0" doc:"Its number within the source"`
	Expires   time.Time `json:"expires,omitzero" doc:"When the document expires (RFC 3339), to the microsecond. From then on it is not returned, and it is deleted in the background; never if missing"`
}

// Document is a document to write.
type Document struct {
	ID string `json:"id,omitempty" doc:"Unique in the collection; generated if missing" example:"note-1"`
	Content
}

// StoredDocument is a document as it is read.
type StoredDocument struct {
	ID string `json:"id" doc:"Unique in the collection"`
	Content
	Created time.Time `json:"created,omitzero" required:"true" doc:"When this version was written"`
}

func fromContent(d *db.Document) Content {
	return Content{
		Text: d.Text, Title: d.Title, Metadata: Metadata(d.Metadata), Embedding: d.Embedding,
		Source: d.Source, Chunk: d.Chunk, Expires: d.Expires,
	}
}

func (c *Content) db(id string) db.Document {
	return db.Document{
		ID: id, Text: c.Text, Title: c.Title, Metadata: db.Metadata(c.Metadata), Embedding: c.Embedding,
		Source: c.Source, Chunk: c.Chunk, Expires: c.Expires,
	}
}

// FromDocument is the wire form of a document to write. Created is the
// database's to set.
func FromDocument(d *db.Document) Document { return Document{d.ID, fromContent(d)} }

// DB is the document to write.
func (d *Document) DB() db.Document { return d.db(d.ID) }

// FromStored is the wire form of a document that was read.
func FromStored(d *db.Document) StoredDocument {
	return StoredDocument{d.ID, fromContent(d), d.Created}
}

// DB is the document that was read.
func (d *StoredDocument) DB() db.Document {
	out := d.db(d.ID)
	out.Created = d.Created
	return out
}
