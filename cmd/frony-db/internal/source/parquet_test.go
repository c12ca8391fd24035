package source

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestParquetTypes reads a file written by pyarrow (testdata/make_parquet.py).
func TestParquetTypes(t *testing.T) {
	got := readAll(t, "testdata/types.parquet", nil)
	if len(got.files) != 0 {
		t.Fatal(got.files)
	}
	want := []Record{
		{
			ID: "1", Text: "첫째", Title: "제목", Embedding: []float32{0.5, -1},
			Metadata: map[string]any{
				"fixed": true, "i8": int64(-8), "u32": int64(4294967295), "u64": int64(1), "f32": 0.5, "f64": 0.1,
				"price": 12.3, "whole": int64(7), "day": "2024-05-03", "ms": "2024-05-03T01:02:03.004Z",
				"us": "2024-05-03T01:02:03.000005Z", "clock": "01:02:03", "tags": []string{"x", "y"},
				"author.name": "김", "author.org.city": "서울", "raw": "bytes",
			},
			File: "testdata/types.parquet", Line: 1,
		},
		{ID: "2", Text: "second", File: "testdata/types.parquet", Line: 2},
		{
			ID: "3", Title: "t", Embedding: []float32{2, 3},
			Metadata: map[string]any{
				"fixed": false, "i8": int64(8), "u32": int64(0), "u64": int64(2), "f32": 1.0, "f64": 3.0,
				"price": -0.05, "whole": int64(-7), "day": "1969-12-31", "ms": "1969-12-31T23:59:59Z",
				"tags": []string{}, "k": "v", "raw": "",
			},
			File: "testdata/types.parquet", Line: 3,
		},
	}
	want[0].Metadata["k"] = []int64{1} // a list of numbers in "metadata"
	if len(got.rejects) != 0 || !reflect.DeepEqual(got.records, want) {
		t.Errorf("%v\ngot  %#v\nwant %#v", got.rejects, got.records, want)
	}
	delete(want[0].Metadata, "k")
	var columns []string
	for _, r := range want {
		for name := range r.Metadata {
			name, _, _ = strings.Cut(name, ".")
			if name != "k" {
				columns = append(columns, name)
			}
		}
	}
	// Without that role of "metadata" the row is read too.
	got = readAll(t, "testdata/types.parquet", &Options{Columns: columns, Title: "metadata"})
	if len(got.records) != 3 {
		t.Fatalf("%v %v", got.rejects, got.files)
	}
	want[0].Title = `{"k": [1]}`
	want[0].Metadata["title"] = "제목"
	got.records[0].Metadata["title"] = "제목" // not among the columns asked for
	if !reflect.DeepEqual(got.records[0], want[0]) {
		t.Errorf("got  %#v\nwant %#v", got.records[0], want[0])
	}
}

func TestParquetUnsupported(t *testing.T) {
	got := readAll(t, "testdata/unsupported.parquet", nil)
	if len(got.files) != 1 || !errors.Is(got.files[0], ErrColumn) {
		t.Fatalf("%+v", got)
	}
	for _, want := range []string{
		`"map" is a map`, `"nested" is a list of lists`, `"structs" is a list of structs`, `"one" is a list of structs`,
		`"uuid" is of type`, "choose the columns",
	} {
		if !strings.Contains(got.files[0].Error(), want) {
			t.Errorf("%v\nwant %q", got.files[0], want)
		}
	}
	got = readAll(t, "testdata/unsupported.parquet", &Options{Columns: []string{"stamp"}})
	if len(got.records) != 1 || got.records[0].Metadata["stamp"] != "2024-05-03T01:02:03.000004Z" {
		t.Errorf("INT96: %+v %v", got.records, got.files)
	}
	got = readAll(t, "testdata/unsupported.parquet", &Options{Columns: []string{"ints"}})
	if len(got.records) != 1 || !reflect.DeepEqual(got.records[0].Metadata["ints"], []int64{1, 2}) {
		t.Errorf("a list of integers: %+v", got)
	}
	for want, opts := range map[string]*Options{
		`"gone" is not among`:          {Columns: []string{"gone"}},
		`"sku" (--id-field) is not`:    {ID: "sku"},
		`"body" for the text`:          {Text: "body", Columns: []string{}},
		`"text" must be a list of num`: {Text: "body", Embedding: "text", Columns: []string{}},
	} {
		if got := readAll(t, "testdata/unsupported.parquet", opts); len(got.files) != 1 || !strings.Contains(got.files[0].Error(), want) {
			t.Errorf("%+v: %v, want %q", opts, got.files, want)
		}
	}
}

// small is a Parquet file of a few hundred bytes.
func small(t testing.TB, rows int) []byte {
	t.Helper()
	type row struct {
		ID   string   `parquet:"id"`
		Text string   `parquet:"text,dict"`
		N    *int64   `parquet:"n,optional"`
		Tags []string `parquet:"tags,list"`

		Embedding []float32 `parquet:"embedding,list"`
	}
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[row](&buf, parquet.MaxRowsPerRowGroup(100), parquet.Compression(&parquet.Snappy))
	for i := range rows {
		n := int64(i)
		if _, err := w.Write([]row{{ID: "a", Text: "text", N: &n, Tags: []string{"x", "y"}, Embedding: []float32{float32(i), 2}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestParquetProgress(t *testing.T) {
	content := small(t, 1000)
	r, err := Open(t.Context(), write(t, t.TempDir(), "in.parquet", content), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for i := range 500 {
		if _, err := r.Next(); err != nil {
			t.Fatal(i, err)
		}
	}
	if part := float64(r.BytesRead()) / float64(r.Size()); part < 0.4 || part > 0.6 {
		t.Errorf("%.2f of the bytes are read behind half of the rows", part)
	}
	for range 500 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Next(); err == nil || r.BytesRead() != r.Size() {
		t.Errorf("%v: read %d of %d", err, r.BytesRead(), r.Size())
	}
}

func TestParquetBadFiles(t *testing.T) {
	good := small(t, 10)
	huge := bytes.Clone(good)
	copy(huge[len(huge)-8:], "\xff\xff\xff\x7f")
	for name, tc := range map[string]struct {
		content []byte
		want    error
	}{
		"empty":          {nil, ErrFormat},
		"short":          {[]byte("PAR1PAR1"), ErrFormat},
		"text":           {[]byte(sampleJSONL), ErrFormat},
		"cut short":      {good[:len(good)-5], ErrTruncated},
		"gzip":           {gz(t, good), ErrFormat},
		"footer too big": {huge, ErrCorrupt},
		"footer zeroed":  {append(append(bytes.Clone(good[:20]), make([]byte, len(good)-28)...), good[len(good)-8:]...), ErrCorrupt},
	} {
		got := readBytes(t, "in.parquet", tc.content, nil)
		if len(got.files) != 1 || !errors.Is(got.files[0], tc.want) || len(got.records) != 0 {
			t.Errorf("%s: %v %v", name, got.files, got.records)
		}
	}
	got := readAll(t, "-", &Options{Stdin: bytes.NewReader(good), Format: Parquet})
	if len(got.files) != 1 || !errors.Is(got.files[0], ErrFormat) || !strings.Contains(got.files[0].Error(), "save the stream") {
		t.Errorf("standard input: %v", got.files)
	}
}

// TestParquetDamage flips every byte of a file: reading ends with an error or other
// records, but never panics or hangs.
func TestParquetDamage(t *testing.T) {
	good := small(t, 3)
	opts, err := (&Options{}).withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for _, mask := range []byte{0x01, 0xff} {
			bad := bytes.Clone(good)
			bad[i] ^= mask
			file, err := newParquet("in.parquet", bytes.NewReader(bad), &opts, new(atomic.Int64), &notes{})
			for n := 0; err == nil || errors.As(err, new(*Reject)); n++ {
				if n > 1000 {
					t.Fatalf("byte %d ^ %#x: no end", i, mask)
				}
				_, err = file.next()
			}
			if file != nil {
				file.(*table).close()
			}
		}
	}
}

func FuzzParquet(f *testing.F) {
	f.Add(small(f, 3))
	for _, name := range []string{"testdata/types.parquet", "testdata/unsupported.parquet"} {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out := readBytes(t, "in.parquet", in, &Options{MaxRecord: 1 << 16})
		for _, r := range out.records {
			if strings.ToValidUTF8(r.Text, "") != r.Text {
				t.Errorf("text is not UTF-8: %q", r.Text)
			}
		}
	})
}

// What pandas and pyarrow write: halves, small integers, NaN, and integers as floats.
// testdata/make_numbers.py makes the files.
func TestParquetNumbers(t *testing.T) {
	half := []float32{0.5, -65504, 5.9604645e-08, 0.33325195}
	var found []string
	got := readAll(t, "testdata/halves.parquet", &Options{Note: func(n Note) { found = append(found, n.Text) }})
	if got.ids() != "1 2" || !reflect.DeepEqual(got.records[0].Embedding, half) {
		t.Fatalf("%+v", got)
	}
	if want := (map[string]any{"half": 1.5, "big": 9007199254740992.0}); !reflect.DeepEqual(got.records[0].Metadata, want) {
		t.Errorf("%v, want %v", got.records[0].Metadata, want)
	}
	if want := (map[string]any{"nan": 2.5, "big": 1.0}); !reflect.DeepEqual(got.records[1].Metadata, want) {
		t.Errorf("%v, want %v", got.records[1].Metadata, want)
	}
	for i, want := range []string{`"id": floats that are whole`, `"big": floats above 2^53`, `"nan": NaN is read as no value`} {
		if len(found) != 3 || !strings.Contains(strings.Join(found, "\n"), want) {
			t.Errorf("%d: notes %q, want %q", i, found, want)
		}
	}
	if got := readAll(t, "testdata/halves_fixed.parquet", nil); len(got.records) != 2 || !reflect.DeepEqual(got.records[1].Embedding, half) {
		t.Errorf("%+v", got)
	}
	if got := readAll(t, "testdata/int8.parquet", nil); len(got.records) != 2 || !reflect.DeepEqual(got.records[0].Embedding, []float32{1, -128}) {
		t.Errorf("%+v", got)
	}
	if got := readAll(t, "testdata/twice.parquet", nil); len(got.files) != 1 || !strings.Contains(got.files[0].Error(), `"text" appears twice`) || len(got.records) != 0 {
		t.Errorf("%+v", got)
	}
}
