package api

import "github.com/fronyai/frony-db/db"

// WriteDocuments is documents to insert or upsert.
type WriteDocuments struct {
	Documents []Document `json:"documents"`
	Chunk     *Chunking  `json:"chunk,omitempty" doc:"Cuts long texts into chunks that fit the model. An upsert replaces all that was stored of the documents with them"`
}

// IDs are the ids of the documents that were inserted.
type IDs struct {
	IDs []string `json:"ids" doc:"The ids of the documents in order, or of all chunks if texts were cut"`
}

// Written says what an upsert did.
type Written struct {
	IDs       []string `json:"ids" doc:"The ids of the documents in order, or of all chunks if texts were cut"`
	Written   int      `json:"written,omitzero" doc:"With chunk: chunks that are new or have changed"`
	Unchanged int      `json:"unchanged,omitzero" doc:"With chunk: chunks that were stored already"`
	Deleted   int      `json:"deleted,omitzero" doc:"With chunk: chunks of the previous version that were deleted"`
}

// FromReplaced is the wire form of what an upsert did.
func FromReplaced(r db.Replaced) Written { return Written(r) }

// DB is what the upsert did.
func (w *Written) DB() db.Replaced { return db.Replaced(*w) }

// ReplaceSource is all documents of a source.
type ReplaceSource struct {
	Source    string     `json:"source" doc:"What the documents are parts of, such as a file"`
	Documents []Document `json:"documents" doc:"All documents of the source; an empty list deletes it"`
}

// GetDocuments asks for documents by their ids.
type GetDocuments struct {
	IDs    []string `json:"ids"`
	Fields Fields   `json:"fields,omitzero"`
}

// FoundDocuments is the documents that were asked for.
type FoundDocuments struct {
	Documents []StoredDocument `json:"documents" doc:"The documents that exist, in the order of the ids"`
	Missing   []string         `json:"missing" doc:"The ids that do not exist"`
}

// DeleteDocuments names documents to delete: exactly one of IDs and Filter is set.
type DeleteDocuments struct {
	IDs    []string `json:"ids,omitzero" doc:"Documents to delete; unknown ids are ignored"`
	Filter Filter   `json:"filter,omitzero"`
}

// Deleted is the number of documents that were deleted.
type Deleted struct {
	Deleted  int      `json:"deleted"`
	Warnings []string `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, such as a field that no document has"`
}

// CountDocuments says which documents to count.
type CountDocuments struct {
	Filter Filter `json:"filter,omitzero"`
}

// Count is a number of documents.
type Count struct {
	Count    int      `json:"count"`
	Warnings []string `json:"warnings,omitzero" doc:"What in the filter is probably a mistake, such as a field that no document has"`
}
