package evaluate

import (
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Batch are documents, by the keys that an engine has for them, that a filter is
// evaluated for.
type Batch[K any] struct {
	columns *db.Columns
	keys    []K
}

// NewBatch returns a batch without documents. named is as for db.NewColumns.
func NewBatch[K any](named bool) *Batch[K] { return &Batch[K]{columns: db.NewColumns(named)} }

// Add adds a document with its title, source and metadata.
func (b *Batch[K]) Add(key K, d *db.Document) {
	b.columns.Add(d)
	b.keys = append(b.keys, key)
}

// Len is the number of documents.
func (b *Batch[K]) Len() int { return len(b.keys) }

// Meeting returns the keys of the documents that meet a filter.
func (b *Batch[K]) Meeting(where filter.Expr) (keys []K, err error) {
	if len(b.keys) == 0 {
		return nil, nil
	}
	meets, err := b.columns.Meeting(where)
	if err != nil {
		return nil, err
	}
	for i, key := range b.keys {
		if meets[i] {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Within reports whether a document is in what a collection is restricted to.
func Within(r *db.Rules, d *db.Document) (bool, error) {
	if !r.Restricted() {
		return true, nil
	}
	within, err := r.Within(filter.All())
	if err != nil {
		return false, err
	}
	return Meets(d, within)
}

// Meets reports whether one document meets a filter.
func Meets(d *db.Document, where filter.Expr) (bool, error) {
	b := NewBatch[int](false)
	b.Add(0, d)
	met, err := b.Meeting(where)
	return len(met) > 0, err
}
