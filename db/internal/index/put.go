package index

import (
	"maps"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
	"github.com/fronyai/frony-db/quant"
)

// Put is a document to be written.
type Put struct {
	store.Record
	// Vector is the full vector, []float32 of the index's dims and of unit
	// length. Commit keeps its memory: nobody may change it afterwards. Nil until
	// the text is embedded.
	Vector []float32
	// Unchanged is set by Compare: the document is stored as it is.
	Unchanged bool
	// Was is the version that the document was made from, if any: see store.Put. Compare
	// sets it for a document whose metadata alone has changed.
	Was *store.Was

	record, vector []byte // as the store keeps them
}

// Size encodes the record, which must not change any more, and returns its
// length in bytes.
func (p *Put) Size() int {
	if p.record == nil {
		p.record = store.AppendRecord(nil, &p.Record)
	}
	return len(p.record)
}

// encode makes what the store keeps.
func (p *Put) encode() store.Put {
	p.Size()
	p.vector = quant.Bytes(p.Vector)
	return store.Put{ID: p.ID, Record: p.record, Vector: p.vector, Was: p.Was}
}

const (
	titleColumn = "title" // of the title, unless the metadata has a field of that name
	tagsField   = "tags"  // of the metadata, searched for words
)

// columns are the values that the columns hold of a document.
func columns(r *store.Record) map[string]any {
	named := nfc.Compose(r.ID) != r.ID
	if r.Source == "" && r.Title == "" && !named {
		return r.Metadata
	}
	all := make(map[string]any, len(r.Metadata)+3)
	if r.Title != "" {
		all[titleColumn] = r.Title
	}
	maps.Copy(all, r.Metadata)
	if r.Source != "" {
		all[attr.SourceColumn] = r.Source
	}
	if named {
		all[attr.IDColumn] = r.ID
	}
	return all
}

// words are the parts of a document that the lexical index has.
func words(r *store.Record) lexical.Fields {
	f := lexical.Fields{Text: chunk.Embedded(r.Text)}
	f.Title = chunk.Above(r.Title, f.Text)
	f.Tags = tags(r)
	return f
}

// tags are the tags of a document's metadata.
func tags(r *store.Record) []string {
	switch tags := r.Metadata[tagsField].(type) {
	case string:
		return []string{tags}
	case []string:
		return tags
	}
	return nil
}
