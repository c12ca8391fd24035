package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
)

// Metadata is a document's fields, numbers as they were written: an integer
// above 2^53 stays what it is.
type Metadata map[string]any

// UnmarshalJSON reads an object.
func (m *Metadata) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode((*map[string]any)(m))
}

// MarshalJSON writes an object in which floats can be told from integers.
func (m Metadata) MarshalJSON() ([]byte, error) { return db.Metadata(m).MarshalJSON() }

// Schema describes the type.
func (Metadata) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:                 huma.TypeObject,
		Description:          "Fields for filters: strings, numbers, booleans, times (RFC 3339) and lists of strings",
		AdditionalProperties: true,
		Examples:             []any{map[string]any{"lang": "ko", "year": 2024}},
	}
}

// Filter is a condition on metadata, read when it is used.
type Filter json.RawMessage

// UnmarshalJSON keeps the text: reading it later gives errors a code of their
// own.
func (f *Filter) UnmarshalJSON(data []byte) error {
	*f = bytes.Clone(data)
	return nil
}

// MarshalJSON writes what was read.
func (f Filter) MarshalJSON() ([]byte, error) { return f, nil }

// Schema describes the type.
func (Filter) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "A condition on metadata: a string in the filter language, such as lang = \"ko\" AND year >= 2020, or its JSON form, " +
			"such as {\"and\": [{\"field\": \"lang\", \"op\": \"=\", \"value\": \"ko\"}]}",
		Examples: []any{`lang = "ko" AND year >= 2020`},
	}
}

// expr reads a filter within the server's limits; nothing is every document.
func (s *Server) expr(f Filter) (filter.Expr, *Problem) {
	if len(f) == 0 || string(f) == "null" {
		return filter.All(), nil
	}
	e, err := s.filterLimits().ParseJSON(f)
	if err != nil {
		return e, s.filterProblem(err)
	}
	return e, nil
}

// exprText is expr for the language alone, as a query string has it.
func (s *Server) exprText(text string) (filter.Expr, *Problem) {
	if text == "" {
		return filter.All(), nil
	}
	e, err := s.filterLimits().Parse(text)
	if err != nil {
		return e, s.filterProblem(err)
	}
	return e, nil
}

func (s *Server) filterLimits() filter.Limits {
	return filter.Limits{MaxDepth: s.opts.Limits.Depth, MaxConditions: s.opts.Limits.Terms, MaxLength: 64 << 10}
}

// filterProblem needs no request's context: every error of a filter has a code,
// so nothing is logged.
func (s *Server) filterProblem(err error) *Problem {
	p := s.problem(context.Background(), err)
	p.Detail.Message = strings.Replace(p.Detail.Message, "filter: filter: ", "filter: ", 1)
	return p
}

// InputDocument is a document to be written.
type InputDocument struct {
	ID        string    `json:"id,omitempty" doc:"Its name in the collection; made up if missing" example:"note-1"`
	Text      string    `json:"text,omitempty" doc:"What is embedded, as a passage" example:"서울의 봄은 짧다"`
	Metadata  Metadata  `json:"metadata,omitempty"`
	Embedding []float32 `json:"embedding,omitempty" doc:"Its embedding, as long as the collection's; replaces the model's"`
	Source    string    `json:"source,omitempty" doc:"What it is a part of, such as a file"`
	Chunk     int       `json:"chunk,omitempty,omitzero" minimum:"0" doc:"Its number within the source"`
}

func (d *InputDocument) toDB() db.Document {
	return db.Document{
		ID: d.ID, Text: d.Text, Metadata: db.Metadata(d.Metadata), Embedding: d.Embedding,
		Source: d.Source, Chunk: d.Chunk,
	}
}

// Chunking says how texts are cut.
type Chunking struct {
	Format  string `json:"format,omitempty" enum:"plain,markdown" doc:"markdown is cut by its headings; plain if missing"`
	Tokens  int    `json:"tokens,omitempty" minimum:"0" doc:"The longest chunk, in the model's tokens; 256, or what the model reads, if missing"`
	Overlap *int   `json:"overlap,omitempty" minimum:"0" doc:"Tokens that a chunk repeats of the one before; an eighth if missing"`
}

func (c *Chunking) toDB() chunk.Options {
	o := chunk.Options{MaxTokens: c.Tokens, Overlap: c.Overlap}
	if c.Format == "markdown" {
		o.Format = chunk.Markdown
	}
	return o
}

// OutputDocument is a document as it is stored.
type OutputDocument struct {
	ID        string    `json:"id"`
	Text      string    `json:"text,omitempty"`
	Metadata  Metadata  `json:"metadata,omitempty"`
	Embedding []float32 `json:"embedding,omitempty" doc:"Of unit length"`
	Source    string    `json:"source,omitempty"`
	Chunk     int       `json:"chunk,omitempty,omitzero"`
	Created   time.Time `json:"created" doc:"When this version was written"`
}

func fromDB(d *db.Document) OutputDocument {
	return OutputDocument{
		ID: d.ID, Text: d.Text, Metadata: Metadata(d.Metadata), Embedding: d.Embedding,
		Source: d.Source, Chunk: d.Chunk, Created: d.Created,
	}
}

// Fields names parts of documents.
type Fields []string

// Schema describes the type.
func (Fields) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:        huma.TypeArray,
		Description: "The parts of documents to return; text and metadata if missing, and only the ids if empty",
		Items:       &huma.Schema{Type: huma.TypeString, Enum: []any{"text", "metadata", "embedding"}},
	}
}

func (f Fields) toDB() (db.Fields, *Problem) {
	if f == nil {
		return db.FieldsDefault, nil
	}
	fields := db.FieldsNone
	for _, name := range f {
		switch name {
		case "text":
			fields |= db.FieldText
		case "metadata":
			fields |= db.FieldMetadata
		case "embedding":
			fields |= db.FieldEmbedding
		default:
			return 0, refuse(http.StatusBadRequest, "invalid_request", "there is no field %.40q", name).
				at("fields").hint("use text, metadata and embedding")
		}
	}
	return fields, nil
}

// The cursor of a scan is the last id of the page before, in a wrapping that
// keeps clients from taking it apart and URLs from breaking.
func encodeCursor(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func decodeCursor(c string) (string, *Problem) {
	b, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil || len(b) > 4096 {
		return "", refuse(http.StatusBadRequest, "invalid_cursor", "the cursor is not one that a scan gave").at("cursor")
	}
	return string(b), nil
}

// over refuses what is beyond a limit.
func over(what string, n, limit int, param string) *Problem {
	if n <= limit {
		return nil
	}
	return refuse(http.StatusBadRequest, "limit_exceeded", "%d %s, at most %d", n, what, limit).at(param).
		hint(fmt.Sprintf("send at most %d in one request", limit))
}
