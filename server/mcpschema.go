package server

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// unseen are the fields of documents and matches that models neither send nor are
// sent: long or of no use to them.
var unseen = []string{"embedding", "created", "cosine", "bm25"}

// toolSchema is the schema of a tool's arguments or result, with the descriptions
// that the types have for OpenAPI, and the function that validates by it. A type
// that has no schema is a mistake in this package.
func toolSchema[T any]() (*jsonschema.Schema, func(any) error) {
	schema, err := jsonschema.For[T](nil)
	if err != nil {
		panic(fmt.Sprintf("server: %s: %s", reflect.TypeFor[T](), err))
	}
	describeFields(schema, reflect.TypeFor[T]())
	resolved, err := schema.Resolve(nil)
	if err != nil {
		panic(fmt.Sprintf("server: %s: %s", reflect.TypeFor[T](), err))
	}
	return schema, resolved.Validate
}

// describeFields fills in descriptions from the fields' doc tags.
func describeFields(schema *jsonschema.Schema, t reflect.Type) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		if t.Kind() == reflect.Slice && schema.Items != nil {
			schema = schema.Items
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, name := range unseen {
		delete(schema.Properties, name)
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := schema.Properties[name]
		if p == nil {
			continue
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			p.Description = doc
		}
		describeFields(p, f.Type)
	}
}
