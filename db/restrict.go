package db

import (
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// scoped are the operations that keep to the scope of a restricted collection. All
// others are refused there.
var scoped = map[string]bool{
	"search": true, "get": true, "scan": true, "count": true, "check filter": true, "facets": true, "fields": true, "map": true,
	"insert": true, "upsert": true, "insert chunks": true, "upsert chunks": true, "replace source": true,
	"update": true, "delete": true,
}

// Restrict returns the collection as if it had those documents only that meet a filter,
// such as one tenant's. Reads, counts, deletes and updates do not find the others. A
// write of a document that does not meet the filter returns ErrOutside, and so does one
// that would replace such a document, whose id is taken. What is about the whole
// collection (Stats, Reembed, Doctor and the like) returns ErrOutside. Restricting a
// restricted collection restricts it further. It returns ErrInvalidFilter.
//
// Names and ids are not secret: of an id that another document has, ErrOutside tells
// that it is taken. Words weigh what they are worth in all documents, so that scores
// tell how rare a word is in the whole collection. Slips in questions are not corrected,
// since the words that they would be corrected to are those of all documents.
func (c *Collection) Restrict(where filter.Expr) (*Collection, error) {
	if err := c.checkFilter(where); err != nil {
		return nil, wrap("restrict", c.Name(), err)
	}
	scope := c.within(where)
	return &Collection{c.shared, &scope}, nil
}

// within is a filter within the collection's scope.
func (c *Collection) within(where filter.Expr) filter.Expr {
	if c.scope == nil {
		return where
	}
	return filter.And(*c.scope, where)
}

// sees reports whether the document at a node is in the scope.
func (c *Collection) sees(r *index.Reader, node uint32) (bool, error) {
	if c.scope == nil {
		return true, nil
	}
	return r.Within(*c.scope, node)
}

// checkScope refuses documents outside the scope.
func (c *Collection) checkScope(v *version, puts []index.Put) error {
	if c.scope == nil {
		return nil
	}
	for i := range puts {
		meets, err := v.Meets(*c.scope, &puts[i].Record)
		if err != nil {
			return err
		}
		if !meets {
			return c.outside(puts[i].ID, "the document does not meet %s")
		}
	}
	return nil
}

// outside is the error for a document outside the scope.
func (c *Collection) outside(id, why string) error {
	return &Error{Input: reason.IDs(id), Err: reason.For(ErrOutside, why, c.scope)}
}
