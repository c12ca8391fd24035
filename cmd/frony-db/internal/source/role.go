package source

import "cmp"

// Names under which an export writes what ordinary files do not have. They start
// with an underscore because "source", "chunk" and "expires" are common metadata:
// a shop's column "expires" must not delete its rows.
const (
	FieldSource  = "_source"
	FieldChunk   = "_chunk"
	FieldExpires = "_expires"
)

// role is what a field or column of a record is for.
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
	roleIgnored // a column that was not asked for
)

// role tells a field's role by its name. A name given in the options replaces
// the usual ones, so that with ID "key" a field "id" is metadata.
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

// is reports whether name is the one given, or one of the usual if none is.
func is(name, given, usual, other string) bool {
	if given != "" {
		return name == given
	}
	return name != "" && (name == usual || name == other)
}

// textName is the name of the field that holds the text.
func (o *Options) textName() string { return cmp.Or(o.Text, "text") }

// Reserved reports whether a field of that name is no metadata: "id", "text" and
// the like. Metadata of such a name must stand within "metadata".
func Reserved(name string) bool { return (&Options{}).role(name) != roleOther }
