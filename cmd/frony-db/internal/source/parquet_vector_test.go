package source

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestParquetVectors reads embeddings in every form: in pages of any size and version,
// with a dictionary, as doubles, and with rows that have none, an empty one, nulls or
// values that are not finite.
func TestParquetVectors(t *testing.T) {
	leaves := map[string]parquet.Node{
		"plain":      parquet.Encoded(parquet.Leaf(parquet.FloatType), &parquet.Plain),
		"dictionary": parquet.Encoded(parquet.Leaf(parquet.FloatType), &parquet.RLEDictionary),
		"split":      parquet.Encoded(parquet.Leaf(parquet.FloatType), &parquet.ByteStreamSplit),
		"double":     parquet.Leaf(parquet.DoubleType),
	}
	for name, leaf := range leaves {
		for _, version := range []int{1, 2} {
			for _, page := range []int{64, 1000, 1 << 20} {
				t.Run(fmt.Sprintf("%s/version %d/pages of %d", name, version, page), func(t *testing.T) {
					testParquetVectors(t, leaf, parquet.DataPageVersion(version), parquet.PageBufferSize(page))
				})
			}
		}
	}
}

func testParquetVectors(t *testing.T, leaf parquet.Node, opts ...parquet.WriterOption) {
	const rows, rowsPerGroup = 500, 130
	r := rand.New(rand.NewPCG(1, 2))
	schema := parquet.NewSchema("in", parquet.Group{
		"embedding": parquet.Optional(parquet.List(parquet.Optional(leaf))),
		"text":      parquet.String(),
	})
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[any](&buf, append(opts, schema, parquet.MaxRowsPerRowGroup(rowsPerGroup))...)
	var want []Record
	rejects := map[int64]string{}
	number := func(x float32) parquet.Value {
		if leaf.Type().Kind() == parquet.Double {
			return parquet.DoubleValue(float64(x))
		}
		return parquet.FloatValue(x)
	}
	for i := range int64(rows) {
		rec := Record{Text: fmt.Sprint("row ", i), File: "in.parquet", Line: i + 1}
		var row parquet.Row
		switch what := r.IntN(10); what {
		case 0:
			row = append(row, parquet.NullValue().Level(0, 0, 0))
		case 1:
			row = append(row, parquet.NullValue().Level(0, 1, 0))
		default:
			for k := range 1 + r.IntN(40) {
				x := float32(r.IntN(100)) / 8
				rec.Embedding = append(rec.Embedding, x)
				row = append(row, number(x).Level(min(k, 1), 3, 0))
			}
			at := r.IntN(len(row))
			switch what {
			case 2:
				row[at] = parquet.NullValue().Level(min(at, 1), 2, 0)
				rejects[i+1] = fmt.Sprintf("element %d is null", at)
			case 3:
				row[at] = number(float32(math.Inf(-1))).Level(min(at, 1), 3, 0)
				rejects[i+1] = fmt.Sprintf("element %d: -Inf", at)
			}
		}
		row = append(row, parquet.ByteArrayValue([]byte(rec.Text)).Level(0, 0, 1))
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
		if rejects[i+1] == "" {
			want = append(want, rec)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := readBytes(t, "in.parquet", buf.Bytes(), nil)
	for i := range got.records {
		got.records[i].File = "in.parquet"
	}
	if len(got.files) != 0 || !reflect.DeepEqual(got.records, want) {
		t.Errorf("%v: %d records, want %d", got.files, len(got.records), len(want))
	}
	if len(got.rejects) != len(rejects) {
		t.Errorf("%d rejects, want %d", len(got.rejects), len(rejects))
	}
	for _, rj := range got.rejects {
		if !strings.Contains(rj.Reason, rejects[rj.Line]) {
			t.Errorf("row %d: %s, want %s", rj.Line, rj.Reason, rejects[rj.Line])
		}
	}
}
