package sink

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/db"
)

// TestDocumentFields fails if an export and its import lose a field of a document. It
// checks each field alone, and all together.
func TestDocumentFields(t *testing.T) {
	t.Parallel()
	whole := db.Document{
		ID: "a", Text: "봄", Title: "계절 > 봄", Metadata: db.Metadata{"title": "제목", "n": int64(1)}, Embedding: []float32{0.5, 1},
		Source: "file.md", Chunk: 3, Expires: time.Date(2031, 2, 3, 4, 5, 6, 789_000, time.UTC),
	}
	docs := []db.Document{whole}
	v := reflect.ValueOf(&whole).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "Created" {
			continue // the database's to set
		}
		if v.Field(i).IsZero() {
			t.Fatalf("Document.%s has no value in this test: give it one, and a place in Record", name)
		}
		one := db.Document{ID: "one", Text: "x"}
		reflect.ValueOf(&one).Elem().Field(i).Set(v.Field(i))
		docs = append(docs, one)
	}
	for _, format := range formats {
		var buf bytes.Buffer
		w, err := New(&buf, format, &Options{Embeddings: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			d.Metadata = maps.Clone(d.Metadata)
			err = errors.Join(err, w.Write(source.FromDocument(d)))
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		got := read(t, buf.Bytes(), format)
		if len(got) != len(docs) {
			t.Fatalf("%s: %d records, wrote %d", format, len(got), len(docs))
		}
		for i := range docs {
			if d := got[i].Document(); !reflect.DeepEqual(d, docs[i]) {
				t.Errorf("%s:\ngot   %#v\nwrote %#v", format, d, docs[i])
			}
		}
	}
}

// TestRecordFields: every field of a record is one of a document, or says where the
// record was found.
func TestRecordFields(t *testing.T) {
	place := map[string]bool{"Format": true, "File": true, "Line": true, "Offset": true}
	doc := reflect.TypeFor[db.Document]()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[source.Record]()) {
		if _, ok := doc.FieldByName(f.Name); !ok && !place[f.Name] {
			t.Errorf("Record.%s has no counterpart in Document", f.Name)
		}
	}
}
