// Package writes says what writes of documents there are, wherever these are kept.
package writes

// Mode is how a write treats existing documents.
type Mode uint8

// The modes.
const (
	Insert        Mode = iota // an existing id is an error
	Upsert                    // documents with the same ids are replaced
	Replace                   // so are all other documents of the sources
	InsertSources             // an existing source is an error
)

// Adds reports whether what exists is an error.
func (m Mode) Adds() bool { return m == Insert || m == InsertSources }

// Batch is a batch of documents to be written. Every write takes the same steps:
// check, compare with the stored documents, embed, commit.
type Batch[D any] struct {
	Mode Mode
	Docs []D
	// Sources are the sources that Replace and InsertSources write. A Replace also
	// deletes the documents whose ids are in Wholes.
	Sources, Wholes []string
}
