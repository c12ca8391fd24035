package sink

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws one")

var formats = []source.Format{source.JSONL, source.CSV, source.TSV, source.Parquet}

// nasty has pieces of text that are hard to read back.
var nasty = []string{
	"a", "한", "\n", "\r\n", "\r", "\"", "\"\"", ",", "\t", ";", " ", "\\", "'", "\x00", "\u2028", "\ufeff", "\ufffd", "😀", "{", "[1]",
	"true", "12", "007", "1.5", "null", "#", "=1+1", "\\.", "\u0301", "\x7f", "</script>",
}

func randomText(rng *rand.Rand, limit int) string {
	var b strings.Builder
	for range rng.IntN(limit + 1) {
		b.WriteString(nasty[rng.IntN(len(nasty))])
	}
	return b.String()
}

// names of metadata, some of which have a meaning for the reader.
var fieldNames = []string{
	"lang", "year", "tags", "a.b", "a", "한글", "id", "_id", "text", "title", "metadata", "embedding", "vector",
	"_source", "_chunk", "_expires", "expires", " padded ", "typed:int", "with,comma", "with\"quote", "with\nbreak", "column1", "list", "element",
}

func randomValue(rng *rand.Rand, kind int) any {
	switch kind {
	case 0:
		return randomText(rng, 4)
	case 1:
		return rng.IntN(2) == 0
	case 2:
		return []int64{0, 1, -7, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1}[rng.IntN(7)]
	case 3:
		return []float64{0, 3, -1.5, 1e300, 5e-324, math.MaxFloat64, math.Copysign(0, -1), 1 << 60, 0.1}[rng.IntN(9)]
	}
	switch rng.IntN(4) {
	case 0:
		return []int64{rng.Int64(), -1}
	case 1:
		return []float64{1, rng.NormFloat64(), 1e300}
	}
	list := make([]string, rng.IntN(4))
	for i := range list {
		list[i] = randomText(rng, 3)
	}
	return list
}

func randomRecord(rng *rand.Rand, mixed bool) source.Record {
	rec := source.Record{ID: randomText(rng, 3), Text: randomText(rng, 12), Title: randomText(rng, 2)}
	if rng.IntN(3) == 0 {
		rec.Source, rec.Chunk = "file.md", rng.IntN(3)
	}
	if rng.IntN(3) == 0 {
		rec.Expires = time.UnixMicro(rng.Int64N(8e15) - 4e15).UTC()
	}
	if rng.IntN(2) == 0 || strings.TrimSpace(rec.Text) == "" {
		rec.Embedding = make([]float32, 1+rng.IntN(5))
		for i := range rec.Embedding {
			rec.Embedding[i] = []float32{0, 1, -0.1, math.MaxFloat32, math.SmallestNonzeroFloat32, rng.Float32()}[rng.IntN(6)]
		}
	}
	for i, name := range fieldNames {
		if rng.IntN(4) != 0 {
			continue
		}
		if rec.Metadata == nil {
			rec.Metadata = map[string]any{}
		}
		kind := i % 5
		if mixed && rng.IntN(5) == 0 {
			kind = rng.IntN(5)
		}
		rec.Metadata[name] = randomValue(rng, kind)
	}
	return rec
}

// read reads the output of a sink, and clears the positions.
func read(t testing.TB, content []byte, format source.Format) []source.Record {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export."+string(format))
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := source.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var out []source.Record
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		rec.File, rec.Line, rec.Offset = "", 0, 0
		out = append(out, rec)
	}
}

// TestRoundTrip writes random records and reads them back, in every format.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("replay with: go test -run '^TestRoundTrip$' ./cmd/frony-db/internal/sink -seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	for round := range 60 {
		want := make([]source.Record, rng.IntN(40))
		for i := range want {
			want[i] = randomRecord(rng, round%2 == 1)
		}
		for _, format := range formats {
			var buf bytes.Buffer
			w, err := New(&buf, format, &Options{Embeddings: true, Sample: 1 + rng.IntN(30)})
			if err != nil {
				t.Fatal(err)
			}
			for i, rec := range want {
				if err := w.Write(rec); err != nil {
					t.Fatalf("record %d: %v", i, err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := read(t, buf.Bytes(), format)
			if len(got) != len(want) {
				t.Fatalf("%s: %d records, wrote %d", format, len(got), len(want))
			}
			for i := range want {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("%s, record %d:\ngot   %#v\nwrote %#v", format, i, got[i], want[i])
				}
			}
		}
	}
}

func TestWithoutEmbeddings(t *testing.T) {
	rec := source.Record{ID: "a", Text: "b", Embedding: []float32{1}, Metadata: map[string]any{
		"n": 7, "at": time.Date(2024, 5, 3, 1, 2, 3, 4, time.FixedZone("", 9*3600)),
	}}
	want := source.Record{ID: "a", Text: "b", Metadata: map[string]any{"n": int64(7), "at": "2024-05-03T01:02:03.000000004+09:00"}}
	for _, format := range formats {
		var buf bytes.Buffer
		w, err := New(&buf, format, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(rec), w.Close()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, buf.Bytes(), format); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: %#v", format, got)
		}
	}
}

// TestOthersRead: the standard library reads the output as JSON and CSV.
func TestOthersRead(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 4))
	var jsonl, table bytes.Buffer
	j, _ := New(&jsonl, source.JSONL, &Options{Embeddings: true})
	c, _ := New(&table, source.CSV, &Options{Embeddings: true})
	for range 200 {
		rec := randomRecord(rng, true)
		if err := errors.Join(j.Write(rec), c.Write(rec)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Close(), c.Close()); err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range bytes.Lines(jsonl.Bytes()) {
		lines++
		if !json.Valid(line) {
			t.Errorf("not JSON: %q", line)
		}
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || lines != 200 || len(rows) != 201 {
		t.Errorf("%d lines, %d rows, %v", lines, len(rows), err)
	}
}

func TestBadRecords(t *testing.T) {
	t.Parallel()
	for name, rec := range map[string]source.Record{
		"its text":      {ID: "x", Text: "\xff"},
		"its id":        {ID: "\xff", Text: "a"},
		"element 1":     {ID: "x", Embedding: []float32{1, float32(math.NaN())}},
		"its chunk":     {ID: "x", Text: "a", Chunk: -1},
		`a field ""`:    {ID: "x", Text: "a", Metadata: map[string]any{"": 1}},
		`field "f"`:     {ID: "x", Text: "a", Metadata: map[string]any{"f": math.Inf(1)}},
		`field "list"`:  {ID: "x", Text: "a", Metadata: map[string]any{"list": []string{"\xff"}}},
		`field "other"`: {ID: "x", Text: "a", Metadata: map[string]any{"other": []int{1}}},
		`field "nil"`:   {ID: "x", Text: "a", Metadata: map[string]any{"nil": nil}},
	} {
		for _, format := range formats {
			var buf bytes.Buffer
			w, err := New(&buf, format, &Options{Embeddings: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(rec); !errors.Is(err, ErrRecord) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v, want %q named", format, err, name)
			}
			if err := errors.Join(w.Write(source.Record{ID: "good", Text: "a"}), w.Close()); err != nil {
				t.Errorf("%s: behind a bad record: %v", format, err)
			}
			if got := read(t, buf.Bytes(), format); len(got) != 1 || got[0].ID != "good" {
				t.Errorf("%s: %+v", format, got)
			}
		}
	}
	if _, err := New(io.Discard, source.Markdown, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("Markdown: %v", err)
	}
}

func TestEmptyExport(t *testing.T) {
	for _, format := range formats {
		var buf bytes.Buffer
		w, err := New(&buf, format, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, buf.Bytes(), format); len(got) != 0 {
			t.Errorf("%s: %+v", format, got)
		}
	}
}

// failing is a disk that becomes full.
type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, format := range formats {
		w, err := New(&failing{left: 1000}, format, &Options{Sample: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			if err = w.Write(source.Record{ID: fmt.Sprint(i), Text: fmt.Sprint(rand.Uint64(), rand.Uint64(), rand.Uint64())}); err != nil {
				break
			}
		}
		if err := errors.Join(err, w.Close()); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// benchmarkRecord is a passage of 150 syllables and an embedding of 384 dims.
func benchmarkRecord(embedding bool) source.Record {
	rng := rand.New(rand.NewPCG(1, 1))
	rec := source.Record{ID: "doc-1", Text: strings.Repeat("한국어 문장입니다. ", 20), Metadata: map[string]any{"lang": "ko", "year": int64(2024)}}
	if embedding {
		for range 384 {
			rec.Embedding = append(rec.Embedding, float32(rng.NormFloat64()/20))
		}
	}
	return rec
}

func BenchmarkWrite(b *testing.B) {
	for _, format := range formats {
		for _, embedding := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/embedding=%t", format, embedding), func(b *testing.B) {
				w, err := New(io.Discard, format, &Options{Embeddings: embedding})
				if err != nil {
					b.Fatal(err)
				}
				rec := benchmarkRecord(embedding)
				b.ReportAllocs()
				for b.Loop() {
					if err := w.Write(rec); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkRead reads the output of a sink; an operation is a record.
func BenchmarkRead(b *testing.B) {
	const records = 2000
	for _, format := range formats {
		for _, embedding := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/embedding=%t", format, embedding), func(b *testing.B) {
				var buf bytes.Buffer
				w, err := New(&buf, format, &Options{Embeddings: embedding})
				if err != nil {
					b.Fatal(err)
				}
				for range records {
					if err := w.Write(benchmarkRecord(embedding)); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				path := filepath.Join(b.TempDir(), "in."+string(format))
				if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(buf.Len()) / records)
				b.ReportAllocs()
				var r source.Reader
				for b.Loop() {
					if r != nil {
						if _, err = r.Next(); err == nil {
							continue
						}
						if !errors.Is(err, io.EOF) {
							b.Fatal(err)
						}
						_ = r.Close()
					}
					if r, err = source.Open(b.Context(), path, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
