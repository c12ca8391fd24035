package source

import (
	"cmp"
	"fmt"
	"slices"
)

// Names of the fields that only exports have. They begin with an underscore because
// "source", "chunk" and "expires" are common metadata: a column "expires" of other data
// must not delete its rows.
const (
	FieldSource  = "_source"
	FieldChunk   = "_chunk"
	FieldExpires = "_expires"
)

// role is the purpose of a field or column.
type role int

const (
	roleOther role = iota // metadata of its own
	roleID
	roleText
	roleTitle
	roleEmbedding
	roleMetadata // an object of metadata
	roleSource
	roleChunk
	roleExpires
	roleIgnored // a column that is not read
)

// once reports whether a table may have only one column of the role.
func (r role) once() bool {
	return r == roleID || r == roleText || r == roleTitle || r == roleExpires
}

// flag is how the column of the role is named.
func (r role) flag() string {
	switch r {
	case roleID:
		return "--id-field"
	case roleText:
		return "--text-field"
	case roleTitle:
		return "--title-field"
	case roleEmbedding:
		return "--embedding-field"
	default:
		return "--expires-field"
	}
}

// role returns the role of a field by its name. A name in the options replaces the
// default ones: with ID "key", a field "id" is metadata.
func (o *Options) role(name string) role {
	switch {
	case is(name, o.ID, "id", "_id"):
		return roleID
	case is(name, o.Text, "text", ""):
		return roleText
	case is(name, o.Title, "title", ""):
		return roleTitle
	case is(name, o.Embedding, "embedding", "vector"):
		return roleEmbedding
	case is(name, o.Expires, FieldExpires, ""):
		return roleExpires
	}
	switch name {
	case "metadata":
		return roleMetadata
	case FieldSource:
		return roleSource
	case FieldChunk:
		return roleChunk
	}
	return roleOther
}

// is reports whether name is the given one, or a default one if none is given.
func is(name, given, usual, other string) bool {
	if given != "" {
		return name == given
	}
	return name != "" && (name == usual || name == other)
}

// named is a field that the options name for a role.
type named struct {
	role role
	name string
}

// named are the fields that the options name.
func (o *Options) named() []named {
	return slices.DeleteFunc([]named{
		{roleID, o.ID}, {roleText, o.Text}, {roleTitle, o.Title}, {roleEmbedding, o.Embedding}, {roleExpires, o.Expires},
	}, func(n named) bool { return n.name == "" })
}

// checkNamed returns ErrColumn if one of these is not among a table's columns.
func (o *Options) checkNamed(columns []string) error {
	for _, n := range o.named() {
		if !slices.Contains(columns, n.name) {
			return fmt.Errorf("%w %q (%s) is not among %q", ErrColumn, n.name, n.role.flag(), columns)
		}
	}
	return nil
}

// textName is the name of the field that holds the text.
func (o *Options) textName() string { return cmp.Or(o.Text, "text") }

// Reserved reports whether a field of that name is not metadata, such as "id" and
// "text". Metadata of such a name must be inside "metadata".
func Reserved(name string) bool { return (&Options{}).role(name) != roleOther }
