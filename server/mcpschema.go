package server

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// toolSchema is the schema of a tool's arguments or result, with the descriptions
// that the types have for OpenAPI, and the function that validates by it. A type
// that has no schema is a mistake in this package.
func toolSchema[T any]() (*jsonschema.Schema, func(any) error) {
	schema, err := jsonschema.For[T](nil)
	if err != nil {
		panic(fmt.Sprintf("server: %s: %s", reflect.TypeFor[T](), err))
	}
	describeFields(schema, reflect.TypeFor[T]())
	single(schema)
	resolved, err := schema.Resolve(nil)
	if err != nil {
		panic(fmt.Sprintf("server: %s: %s", reflect.TypeFor[T](), err))
	}
	return schema, resolved.Validate
}

// single gives each part of a schema one type, where Go's nil would add null: the
// clients of some models refuse a list of types. What is null in a request is taken
// as missing, and nothing is null in an answer.
func single(schema *jsonschema.Schema) {
	if schema == nil {
		return
	}
	for _, name := range schema.Types {
		if name != "null" {
			schema.Type = name
		}
	}
	schema.Types = nil
	single(schema.Items)
	single(schema.AdditionalProperties)
	for _, p := range schema.Properties {
		single(p)
	}
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
