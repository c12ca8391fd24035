package source

import (
	"bytes"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	const in = "id,text,title,year,score,draft,zip,mixed,empty,tags:list,extra:json,n:string,embedding,metadata\r\n" +
		"a,\"첫째, \"\"줄\"\"\r\n둘째 줄\",제목,2024,1.5,TRUE,007,1,,\"[\"\"x\"\",\"\"y\"\"]\",\"{\"\"k\"\":1}\",12,\"[0.5,1]\",\"{\"\"m\"\":true}\"\r\n" +
		"b,text,,-3,2,false,12345,x,,,,,,\r\n"
	got := readBytes(t, "in.csv", []byte(in), nil)
	if len(got.records) != 2 || len(got.rejects)+len(got.files) != 0 {
		t.Fatalf("%+v", got)
	}
	file := got.records[0].File
	want := []Record{
		{
			ID: "a", Text: "첫째, \"줄\"\r\n둘째 줄", Title: "제목", Embedding: []float32{0.5, 1},
			Metadata: map[string]any{
				"year": int64(2024), "score": 1.5, "draft": true, "zip": "007", "mixed": "1",
				"tags": []string{"x", "y"}, "extra.k": int64(1), "n": "12", "m": true,
			},
			File: file, Line: 2, Offset: int64(strings.Index(in, "a,\"첫째")),
		},
		{
			ID: "b", Text: "text",
			Metadata: map[string]any{"year": int64(-3), "score": 2.0, "draft": false, "zip": "12345", "mixed": "x"},
			File:     file, Line: 4, Offset: int64(strings.Index(in, "b,text")),
		},
	}
	if !reflect.DeepEqual(got.records, want) {
		t.Errorf("got  %#v\nwant %#v", got.records, want)
	}
}

func TestCSVOptions(t *testing.T) {
	got := readBytes(t, "in.csv", []byte("k;본문;쪽;비고\n1;글;7;x\n"), &Options{
		Comma: ';', ID: "k", Text: "본문", Columns: []string{"쪽"}, Types: map[string]Type{"쪽": String},
	})
	want := map[string]any{"쪽": "7"}
	if len(got.records) != 1 || got.records[0].ID != "1" || got.records[0].Text != "글" || !reflect.DeepEqual(got.records[0].Metadata, want) {
		t.Errorf("%+v %v %v", got.records, got.rejects, got.files)
	}
	got = readBytes(t, "in.tsv", []byte("1\t\"a\tb\"\n2\tc\n"), &Options{Header: []string{"id", "text"}})
	if got.ids() != "1 2" || got.records[0].Text != "a\tb" || got.records[0].Line != 1 {
		t.Errorf("%+v %v %v", got.records, got.rejects, got.files)
	}
	for name, tc := range map[string]struct {
		in   string
		opts *Options
		want string
	}{
		"no text column": {"id,body\n1,a\n", nil, `"text" for the text is not among ["id" "body"]`},
		"other comma":    {"id:text\n1:a\n", nil, "separator"},
		"two ids":        {"id,text,_id\n1,a,2\n", nil, "--id-field"},
		"title above":    {"매출 현황\n\nid,text\n1,a\n", nil, "line 3 looks like the header: skip what is above it with --skip-rows 2"},
		"column twice":   {"id,text,id\n", nil, `"id" appears twice`},
		"no such type":   {"id,text\n", &Options{Types: map[string]Type{"jahr": Int}}, `"jahr", whose type`},
		"no such column": {"id,text\n", &Options{Columns: []string{"year"}}, `"year" is not among`},
		"no such id":     {"id,text\n1,a\n", &Options{ID: "sku"}, `"sku" (--id-field) is not among ["id" "text"]`},
		"no such title":  {"id,text\n1,a\n", &Options{Title: "제목"}, `"제목" (--title-field) is not among`},
		"bad header":     {"id,te\"xt\n1,a\n", &Options{Quote: QuoteDouble}, "the header (line 1)"},
	} {
		got := readBytes(t, "in.csv", []byte(tc.in), tc.opts)
		if len(got.files) != 1 || !strings.Contains(got.files[0].Error(), tc.want) || len(got.records) != 0 {
			t.Errorf("%s: %v %v", name, got.files, got.records)
		}
	}
}

// TestCSVBadRecords is the matrix of bad rows: which become rejects, and which rows
// after them are still read.
func TestCSVBadRecords(t *testing.T) {
	for _, tc := range []struct{ name, rows, ids, lines, reason string }{
		{"too few fields", "b,x\n", "a z", "3", "2 fields, but the header has 3"},
		{"too many fields", "b,x,1,2\n", "a z", "3", "4 fields"},
		{"quote in a field", "b,x\"y,1\n", "a z", "3", "column 4: a quote inside an unquoted field"},
		{"text behind a quote", "b,\"x\"y,1\n", "a z", "3", "column 6: text follows the closing quote"},
		{"quote never closed", "b,\"x,1\nc,y,2\n", "a c z", "3", "never closed"},
		{"quote closed too late", "b,\"x,1\nc,\"y\",2\n", "a c z", "3", "text follows the closing quote"},
		{"a stray pair of quotes", "b,\"x,1\nc,y,2\nd,z,\"\"\"\n", "a z", "3", "2 fields"}, // by RFC 4180 that is one record
		{"no text", "b,,1\n", "a z", "3", `"text" is missing`},
		{"wrong type", "b,x,many\n", "a z", "3", `"n": "many" is not of type int`},
		{"integer too big", "b,x,99999999999999999999\n", "a z", "3", "not of type int"},
		{"invalid UTF-8", "b,x\xff,1\n", "a z", "3", "byte 27 (0xff) is not valid UTF-8"},
		{"invalid UTF-8 over lines", "b,\"x\ny\xff\",1\n", "a z", "3", "is not valid UTF-8"},
		{"over the limit", "b," + strings.Repeat("x", 3000) + ",1\n", "a z", "3", "exceeds the limit of 2000"},
		{"over the limit by lines", "b,\"" + strings.Repeat("x\n", 1500) + "\",1\n", "a z", "3", "not closed within 2000 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := "id,text,n:int\na,first,1\n" + tc.rows + "z,last,9\n"
			got := readBytes(t, "in.csv", []byte(in), &Options{MaxRecord: 2000, Quote: QuoteDouble})
			if got.ids() != tc.ids || len(got.files) != 0 || len(got.rejects) == 0 {
				t.Fatalf("ids %q, want %q; rejects %v, files %v", got.ids(), tc.ids, got.rejects, got.files)
			}
			if tc.name == "over the limit by lines" {
				return // each "x" is a reject of its own: one field instead of three
			}
			var lines []string
			for _, r := range got.rejects {
				lines = append(lines, fmt.Sprint(r.Line))
				if want := strings.SplitAfter(in, "\n"); int(r.Offset) != len(strings.Join(want[:r.Line-1], "")) {
					t.Errorf("line %d at byte %d", r.Line, r.Offset)
				}
			}
			if strings.Join(lines, " ") != tc.lines || !strings.Contains(got.rejects[0].Reason, tc.reason) {
				t.Errorf("rejects %v, want lines %s with %q", got.rejects, tc.lines, tc.reason)
			}
		})
	}
}

func TestCSVEmpty(t *testing.T) {
	for _, in := range []string{"", "\ufeff", "id,text", "id,text\r\n\r\n"} {
		if got := readBytes(t, "in.csv", []byte(in), nil); len(got.records)+len(got.rejects)+len(got.files) != 0 {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

// TestCSVInference: types come from the first rows; a row after them that does
// not fit is a reject that names the way out.
func TestCSVInference(t *testing.T) {
	in := "text,n\n" + strings.Repeat("a,1\n", sampleRows) + "b,many\nc,2\n"
	got := readBytes(t, "in.csv", []byte(in), nil)
	if len(got.records) != sampleRows+1 || len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "set the type of the column") {
		t.Errorf("%d records, rejects %v", len(got.records), got.rejects)
	}
	for _, tc := range []struct {
		cells string
		want  Type
	}{
		{"1 -2 0", Int},
		{"1 2.5", Float},
		{"1e3 2", Float},
		{"true False", Bool},
		{"1 true", String},
		{"007", String},
		{"+1", String},
		{"1_000", String},
		{"0x10", String},
		{"NaN", String},
		{"Inf", String},
		{"1.2.3", String},
		{"9223372036854775808", String},
		{"00.5", String},
		{"-", String},
		{"1e999", String},
		{"", String},
		{"0.5 -0.5", Float},
	} {
		var rows []tableRow
		for cell := range strings.SplitSeq(tc.cells, " ") {
			rows = append(rows, tableRow{fields: []string{cell}})
		}
		c := []column{{name: "n"}}
		if infer(c, rows, &Options{}, &notes{}); c[0].kind != tc.want {
			t.Errorf("%q: %s, want %s", tc.cells, c[0].kind, tc.want)
		}
	}
}

// FuzzCSV compares with encoding/csv: files that it reads without error must give the
// same fields here.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n\"x\ny\",\"q\"\"q\"\n"))
	f.Add([]byte("a,\"b\nc,d\n"))
	f.Add([]byte("\"\"\"\r\n\r\n\","))
	f.Fuzz(func(t *testing.T, in []byte) {
		opts, err := (&Options{MaxRecord: 1 << 10, Encoding: "utf-8"}).withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		lines := newLineReader(bytes.NewReader(in), opts.MaxRecord, opts.MaxRaw)
		s := &csvScanner{in: &input{}, opts: &opts, comma: ',', lines: lines}
		var got [][]string
		bad := false
		last := int64(0)
		for n := 0; ; n++ {
			rec, err := s.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || n > len(in) {
				t.Fatalf("record %d: %v", n, err)
			}
			if rec.line <= last {
				t.Fatalf("line %d behind line %d", rec.line, last)
			}
			last = rec.line
			if rec.err != nil {
				bad = true
				continue
			}
			fields := make([]string, len(rec.fields))
			for i, v := range rec.fields { // encoding/csv makes "\n" of "\r\n"
				fields[i] = strings.ReplaceAll(v, "\r\n", "\n")
			}
			got = append(got, fields)
		}
		r := stdcsv.NewReader(bytes.NewReader(in))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil || bad || bytes.HasSuffix(in, []byte("\r")) || bytes.Contains(in, []byte("\r\r")) {
			return // encoding/csv drops a carriage return at the end of the file as well
		}
		if len(want) != len(got) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	in := []byte("id,text,lang,year,score\n" + strings.Repeat("doc-1,\"한국어 문장입니다, 그리고 이어지는 문장입니다. 한국어 문장입니다.\",ko,2024,1.5\n", 2000))
	b.Run("source", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			if n := drain(b, &Options{Stdin: bytes.NewReader(in), Format: CSV}); n != 2000 {
				b.Fatal(n)
			}
		}
	})
	b.Run("encoding_csv", func(b *testing.B) { // fields only: no types, no records
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			r := stdcsv.NewReader(bytes.NewReader(in))
			r.ReuseRecord = true
			n := 0
			for ; ; n++ {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			if n != 2001 {
				b.Fatal(n)
			}
		}
	})
}
