package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestJSONLRecord(t *testing.T) {
	const in = `{"id":"a","text":"안녕","title":"인사","embedding":[0.5,-1e-3,2],"lang":"ko",` +
		`"metadata":{"year":2024,"score":3.0,"big":9007199254740993,"draft":false,"tags":["x","y"],"none":null,` +
		`"author":{"name":"김","org":{"city":"서울"}}},"_source":"doc.md","_chunk":3}`
	got := readBytes(t, "in.jsonl", []byte("\n"+in+"\n"), nil)
	if len(got.records) != 1 {
		t.Fatalf("records %v, rejects %v, files %v", got.records, got.rejects, got.files)
	}
	rec := got.records[0]
	want := Record{
		ID: "a", Text: "안녕", Title: "인사", Embedding: []float32{0.5, -1e-3, 2},
		Metadata: map[string]any{
			"lang": "ko", "year": int64(2024), "score": 3.0, "big": int64(9007199254740993), "draft": false,
			"tags": []string{"x", "y"}, "author.name": "김", "author.org.city": "서울",
		},
		Source: "doc.md", Chunk: 3,
		File: rec.File, Line: 2, Offset: 1,
	}
	if !reflect.DeepEqual(rec, want) {
		t.Errorf("got  %#v\nwant %#v", rec, want)
	}
	if !strings.HasSuffix(rec.File, "in.jsonl") {
		t.Errorf("File = %q", rec.File)
	}
}

func TestJSONLFieldNames(t *testing.T) {
	got := readBytes(t, "in.jsonl", []byte(`{"key":7,"id":"meta","body":"b","vec":[1]}`+"\n"+`{"_id":"x","text":"t","vector":[1]}`),
		&Options{ID: "key", Text: "body", Embedding: "vec"})
	if len(got.records) != 1 || got.records[0].ID != "7" || got.records[0].Text != "b" ||
		got.records[0].Metadata["id"] != "meta" || len(got.records[0].Embedding) != 1 {
		t.Errorf("named fields: %+v", got.records)
	}
	// If names are given, the default ones are metadata, and "vector" is an array of
	// numbers, which metadata cannot hold.
	if len(got.rejects) != 1 {
		t.Errorf("rejects: %v", got.rejects)
	}
	got = readBytes(t, "in.jsonl", []byte(`{"_id":"x","text":"t","vector":[1]}`), nil)
	if got.ids() != "x" || len(got.records[0].Embedding) != 1 {
		t.Errorf("usual fields: %+v %v", got.records, got.rejects)
	}
}

// TestJSONLBadLines is the matrix of bad lines: each is a reject with a reason, and the
// good lines around it are read.
func TestJSONLBadLines(t *testing.T) {
	for _, tc := range []struct{ name, line, reason string }{
		{"not JSON", `hello`, "not a JSON object"},
		{"a string", `"hello"`, "not a JSON object"},
		{"an array", `[{"text":"a"}]`, "not a JSON object"},
		{"cut short", `{"text":"a`, "is incomplete"},
		{"missing brace", `{"text":"a"`, "is incomplete"},
		{"trailing comma", `{"text":"a",}`, "not JSON"},
		{"single quotes", `{'text':'a'}`, "not JSON"},
		{"two objects", `{"text":"a"} {"text":"b"}`, "data follows"},
		{"garbage behind", `{"text":"a"} x`, "data follows"},
		{"control character", "{\"text\":\"a\tb\"}", "not JSON"},
		{"NaN", `{"text":"a","n":NaN}`, "not JSON"},
		{"key twice", `{"text":"a","n":1,"n":2}`, "twice"},
		{"text twice", `{"text":"a","text":"b"}`, "twice"},
		{"key twice across objects", `{"text":"a","n":1,"metadata":{"n":2}}`, `"n" appears twice`},
		{"key twice when flat", `{"text":"a","a.b":1,"a":{"b":2}}`, `"a.b" appears twice`},
		{"empty key", `{"text":"a","":1}`, "empty name"},
		{"empty nested key", `{"text":"a","m":{"":1}}`, "empty name"},
		{"no text", `{"id":"a"}`, `"text" is missing`},
		{"null text", `{"text":null}`, `"text" is missing`},
		{"empty text", `{"text":""}`, `"text" is missing`},
		{"blank text", `{"text":" \n "}`, "only white space"},
		{"text is a number", `{"text":1}`, `"text" must be a string, not a number`},
		{"text is an object", `{"text":{}}`, `"text" must be a string, not an object`},
		{"id is a float", `{"id":1.5,"text":"a"}`, `"id" must be a string or an integer`},
		{"id is an array", `{"id":["x"],"text":"a"}`, `"id" must be a string`},
		{"two ids", `{"id":"x","_id":"y","text":"a"}`, "an id already"},
		{"metadata is a list", `{"text":"a","metadata":[1]}`, `"metadata" must be an object, not an array`},
		{"huge integer", `{"text":"a","n":9223372036854775808}`, "exceeds 64 bits"},
		{"huge float", `{"text":"a","n":1e999}`, "exceeds a 64-bit float"},
		{"deep", `{"text":"a","n":` + strings.Repeat(`{"n":`, 40) + "1" + strings.Repeat("}", 40) + `}`, "nests deeper"},
		{"very deep", `{"text":"a","n":` + strings.Repeat(`[`, 100000), "not JSON"},
		{"embedding is a string", `{"text":"a","embedding":"x"}`, `"embedding" must be an array of numbers`},
		{"embedding is empty", `{"text":"a","embedding":[]}`, "empty array"},
		{"embedding holds null", `{"text":"a","embedding":[1,null]}`, "element 1 is null"},
		{"embedding holds a string", `{"text":"a","embedding":[1,"2"]}`, `element 1 is "2"`},
		{"embedding nests", `{"text":"a","embedding":[[1]]}`, "element 0"},
		{"embedding overflows", `{"text":"a","embedding":[1e39]}`, "not a 32-bit float"},
		{"two embeddings", `{"text":"a","embedding":[1],"vector":[1]}`, "an embedding already"},
		{"chunk is negative", `{"text":"a","_chunk":-1}`, `"_chunk" must be an integer from 0`},
		{"chunk is a string", `{"text":"a","_chunk":"1"}`, `"_chunk" must be an integer from 0`},
		{"invalid UTF-8", "{\"text\":\"a\xffb\"}", "byte 38 (0xff) is not valid UTF-8"},
		{"half a surrogate pair", `{"text":"a\ud83d"}`, "not JSON"},
		{"over the limit", `{"text":"` + strings.Repeat("a", 1<<20) + `"}`, "exceeds the limit of 1048576"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := `{"id":"before","text":"ok"}` + "\n" + tc.line + "\n" + `{"id":"after","text":"ok"}`
			got := readBytes(t, "in.jsonl", []byte(in), &Options{MaxRecord: 1 << 20})
			if got.ids() != "before after" || len(got.rejects) != 1 || len(got.files) != 0 {
				t.Fatalf("ids %q, rejects %v, files %v", got.ids(), got.rejects, got.files)
			}
			r := got.rejects[0]
			if !strings.Contains(r.Reason, tc.reason) {
				t.Errorf("reason %q, want one with %q", r.Reason, tc.reason)
			}
			if r.Line != 2 || r.Offset != int64(strings.IndexByte(in, '\n')+1) {
				t.Errorf("at line %d, byte %d", r.Line, r.Offset)
			}
			if !strings.HasPrefix(tc.line, string(r.Raw)) || r.Cut != (len(tc.line) > len(r.Raw)) || len(r.Raw) > DefaultMaxRaw {
				t.Errorf("raw %.60q (%d bytes), cut %v", r.Raw, len(r.Raw), r.Cut)
			}
		})
	}
}

func TestJSONLLineEndings(t *testing.T) {
	a, b := `{"id":"a","text":"x"}`, `{"id":"b","text":"y"}`
	for name, in := range map[string]string{
		"LF": a + "\n" + b + "\n", "no last LF": a + "\n" + b, "CRLF": a + "\r\n" + b + "\r\n",
		"blank lines": "\n\r\n" + a + "\n  \n\n" + b + "\n\n", "BOM": "\ufeff" + a + "\n" + b,
		"spaces": "  " + a + "\t\n " + b + " ",
	} {
		got := readBytes(t, "in.jsonl", []byte(in), nil)
		if got.ids() != "a b" || len(got.rejects)+len(got.files) != 0 {
			t.Errorf("%s: ids %q, rejects %v, files %v", name, got.ids(), got.rejects, got.files)
			continue
		}
		for _, r := range got.records {
			if want := strings.Index(in, `"id":"`+r.ID) - 1; int(r.Offset) > want || !strings.HasPrefix(strings.TrimLeft(in[r.Offset:], " \ufeff"), "{") {
				t.Errorf("%s: %s at byte %d, want about %d", name, r.ID, r.Offset, want)
			}
		}
	}
	for _, in := range []string{"", "\n", "\ufeff", "\r\n \r\n"} {
		if got := readBytes(t, "in.jsonl", []byte(in), nil); len(got.records)+len(got.rejects)+len(got.files) != 0 {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

// endless returns a line of n bytes, then a good one.
type endless struct {
	n    int64
	tail io.Reader
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return e.tail.Read(p)
	}
	n := int(min(int64(len(p)), e.n))
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.n -= int64(n)
	return n, nil
}

// TestJSONLGigabyteLine: a line of a gigabyte is a reject, the next line is read, and
// memory stays close to MaxRecord.
func TestJSONLGigabyteLine(t *testing.T) {
	const gigabyte = 1 << 30
	in := io.MultiReader(strings.NewReader(`{"text":"`),
		&endless{gigabyte, strings.NewReader("\n{\"id\":\"after\",\"text\":\"ok\"}\n")})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := readAll(t, "-", &Options{Stdin: in})
	runtime.ReadMemStats(&after)
	if got.ids() != "after" || len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, fmt.Sprint(gigabyte+10)) {
		t.Fatalf("ids %q, rejects %v", got.ids(), got.rejects)
	}
	// This counts all allocations: growing a slice to MaxRecord allocates a few times its
	// size.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8*DefaultMaxRecord {
		t.Errorf("%d MiB were allocated for a line exceeds the limit of %d MiB", grown>>20, DefaultMaxRecord>>20)
	}
}

// FuzzJSONL compares with encoding/json: an object that it accepts may only be rejected
// for reasons that it doesn't check, and what it refuses must be rejected.
func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"id":"a","text":"b","metadata":{"n":1},"embedding":[1,2]}`))
	f.Add([]byte("{\"text\":\"a\"}\r\n\xff\n{\"text\":\"\\ud83d\"}\n[1]"))
	f.Add([]byte("\xef\xbb\xbf{\"text\":\"a\",\"n\":[\"x\"]}"))
	f.Add([]byte("\xff\xfe{\x00}\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if bytes.HasPrefix(in, magicGzip) || bytes.HasPrefix(in, magicZstd) {
			return // FuzzInput covers compression
		}
		opts := &Options{Stdin: bytes.NewReader(in), MaxRecord: 1 << 12, Encoding: "utf-8"}
		got := readAll(t, "-", opts)
		lines := bytes.Split(bytes.TrimPrefix(in, bomUTF8), []byte("\n"))
		next := 0
		var skipped int64
		if bytes.HasPrefix(in, bomUTF8) {
			skipped = 3
		}
		for i, ln := range lines {
			if len(bytes.TrimSpace(ln)) == 0 {
				continue
			}
			next++
			var v map[string]any
			err := json.Unmarshal(ln, &v)
			for _, r := range got.records {
				if r.Line == int64(i+1) && err != nil {
					t.Errorf("line %d was taken, encoding/json says %v: %q", i+1, err, ln)
				}
			}
		}
		if len(got.records)+len(got.rejects) != next {
			t.Errorf("%d records and %d rejects of %d lines", len(got.records), len(got.rejects), next)
		}
		for _, r := range got.rejects {
			if r.Reason == "" || r.Offset < skipped && r.Line > 1 || r.Offset > int64(len(in)) {
				t.Errorf("reject %+v", r)
			}
		}
		for _, r := range got.records {
			for k, v := range r.Metadata {
				switch v.(type) {
				case string, bool, int64, float64, []string:
				default:
					t.Errorf("metadata %q is %T", k, v)
				}
			}
		}
	})
}

func BenchmarkJSONL(b *testing.B) {
	vec := make([]float32, 384)
	for i := range vec {
		vec[i] = float32(i)/384 - 0.5
	}
	for name, rec := range map[string]any{
		"text":      map[string]any{"id": "doc-1", "text": strings.Repeat("한국어 문장입니다. ", 30), "metadata": map[string]any{"lang": "ko", "year": 2024}},
		"embedding": map[string]any{"id": "doc-1", "text": strings.Repeat("한국어 문장입니다. ", 30), "embedding": vec, "metadata": map[string]any{"lang": "ko", "year": 2024}},
	} {
		b.Run(name, func(b *testing.B) {
			ln, err := json.Marshal(rec)
			if err != nil {
				b.Fatal(err)
			}
			in := bytes.Repeat(append(ln, '\n'), 200)
			b.Run("encoding_json", func(b *testing.B) { // what it is measured against
				b.SetBytes(int64(len(in)))
				for b.Loop() {
					for line := range bytes.Lines(in) {
						var rec struct {
							ID, Text  string
							Embedding []float32
							Metadata  map[string]any
						}
						if err := json.Unmarshal(line, &rec); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
			b.Run("source", func(b *testing.B) {
				b.SetBytes(int64(len(in)))
				for b.Loop() {
					if n := drain(b, &Options{Stdin: bytes.NewReader(in)}); n != 200 {
						b.Fatal(n)
					}
				}
			})
		})
	}
}

// drain reads standard input to its end and returns how many records it had.
func drain(b *testing.B, opts *Options) (n int) {
	r, err := Open(b.Context(), "-", opts)
	if err != nil {
		b.Fatal(err)
	}
	for ; ; n++ {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return n
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// A file that is one array holds its records, however long and broken some are.
func TestJSONArray(t *testing.T) {
	in := "\ufeff [{\"id\":\"a\",\"text\":\"x\"},\n{\"id\":\"b\",\"text\":\"y\xff\"},{\"id\":\"c\",\"text\":\"x\",\"id\":\"d\"},[{\"id\":\"e\",\"text\":\"" +
		strings.Repeat("x", 3000) + "\"}],1,{\"id\":\"f\",\"text\":\"z\"}]"
	got := readBytes(t, "in.json", []byte(in), &Options{MaxRecord: 2000})
	if got.ids() != "a f" || len(got.rejects) != 4 || len(got.files) != 0 {
		t.Fatalf("%q, %v, %v", got.ids(), got.rejects, got.files)
	}
	for i, want := range []string{"not valid UTF-8", "twice", "exceeds the limit of 2000", "not a JSON object"} {
		if r := got.rejects[i]; !strings.Contains(r.Reason, want) || !strings.HasPrefix(in[r.Offset:], string(r.Raw)) {
			t.Errorf("%v, want %q", r, want)
		}
	}
	if r := got.records[1]; r.Line != 6 || !strings.HasPrefix(in[r.Offset:], `{"id":"f"`) {
		t.Errorf("%+v", r)
	}
	got = readBytes(t, "in.json", []byte(in[:30]), nil)
	if got.ids() != "a" || len(got.files) != 1 || !strings.Contains(got.files[0].Error(), "incomplete") {
		t.Errorf("cut short: %+v", got)
	}
	got = readBytes(t, "in.json", []byte("[]\n{}"), nil)
	if len(got.files) != 1 || !strings.Contains(got.files[0].Error(), "data follows") {
		t.Errorf("more behind: %+v", got)
	}
}

// A field that was named and that no record has is told: with a slip in its name, all
// records have other ids than they should.
func TestJSONLNamedFieldIsMissing(t *testing.T) {
	for in, want := range map[string]string{
		`{"id":"1","text":"a"}` + "\n" + `{"id":"2","text":"b"}`:   `no record has the field "sku" (--id-field)`,
		`{"id":"1","text":"a"}` + "\n" + `{"sku":"2","text":"b"}`:  "",
		`[{"id":"1","text":"a"},{"id":"2","text":"b","title":""}]`: `no record has the field "sku" (--id-field)`,
		"": "",
	} {
		var got []string
		readBytes(t, "in.jsonl", []byte(in), &Options{ID: "sku", Note: func(n Note) {
			if strings.HasPrefix(n.Text, "no record") {
				got = append(got, n.Text)
			}
		}})
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
