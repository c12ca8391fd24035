package server

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
)

// The types of package api whose schema can't be told from their Go types. They
// are described here, and not there, so that the client does not depend on huma.
type (
	metadataSchema struct{}
	filterSchema   struct{}
	fieldsSchema   struct{}
	valueSchema    struct{}
	changeSchema   struct{}
)

func registerSchemas(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[api.Metadata](), reflect.TypeFor[metadataSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[api.Filter](), reflect.TypeFor[filterSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[api.Change](), reflect.TypeFor[changeSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[api.Fields](), reflect.TypeFor[fieldsSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[api.Value](), reflect.TypeFor[valueSchema]())
}

// Schema implements huma.SchemaProvider.
func (metadataSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:                 huma.TypeObject,
		AdditionalProperties: true,
		Examples:             []any{map[string]any{"lang": "ko", "year": 2024}},
	}
}

// Schema implements huma.SchemaProvider.
func (filterSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "A condition on metadata: a string in the filter language, such as lang = \"ko\" AND year >= 2020, or its JSON form, " +
			"such as {\"and\": [{\"field\": \"lang\", \"op\": \"=\", \"value\": \"ko\"}]}",
		Examples: []any{`lang = "ko" AND year >= 2020`},
	}
}

// Schema implements huma.SchemaProvider.
func (fieldsSchema) Schema(huma.Registry) *huma.Schema {
	names := make([]any, len(api.FieldNames))
	for i, name := range api.FieldNames {
		names[i] = name
	}
	return &huma.Schema{
		Type:        huma.TypeArray,
		Description: "The parts of documents to return; text and metadata if missing, and only the ids if empty",
		Items:       &huma.Schema{Type: huma.TypeString, Enum: names},
	}
}

// Schema implements huma.SchemaProvider.
func (valueSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "A string, a number or a boolean", Examples: []any{"ko"}}
}

// Schema implements huma.SchemaProvider.
func (changeSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}
