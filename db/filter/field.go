package filter

// The names of fields that mean what a document is called and what it is a part of, and no
// metadata.
const (
	FieldID     = "_id"
	FieldSource = "_source"
)
