package store

import (
	"fmt"
	"strconv"

	"github.com/fronyai/frony-db/db"
)

const keyID = "id"

// IDOf returns the id in the metadata of a document, for frameworks whose documents have
// none: the field "id", a string or an integer, or empty if there is none. Anything
// else is db.ErrInvalidID.
func IDOf(metadata map[string]any) (string, error) {
	value, err := native(metadata[keyID])
	if err != nil {
		return "", fmt.Errorf("store: the id: %w", err)
	}
	switch id := value.(type) {
	case nil:
		return "", nil
	case string:
		return id, nil
	case int64:
		return strconv.FormatInt(id, 10), nil
	}
	return "", fmt.Errorf("store: the id %v is a %T; want a string or an integer: %w", value, metadata[keyID], db.ErrInvalidID)
}

// MetadataWithID returns the metadata of a result, which it changes: the field "id" is the
// document's id, unless it is there already.
func (d *Document) MetadataWithID() map[string]any {
	if _, given := d.Metadata[keyID]; !given {
		d.Metadata[keyID] = d.ID
	}
	return d.Metadata
}
