package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

// refused is a bad file, and the outcome of its import.
type refused struct {
	name, content string
	args          []string
	added         int64 // documents that are stored
	rejects       int64
	failed        int64 // files that can't be read on
}

// lines is a JSONL file with a bad line between two good ones.
func lines(bad string) refused {
	return refused{name: "in.jsonl", content: `{"id":"a","text":"앞"}` + "\n" + bad + "\n" + `{"id":"b","text":"뒤"}` + "\n", added: 2, rejects: 1}
}

// rows is a CSV file with a bad row between two good ones.
func rows(bad string) refused {
	return refused{name: "in.csv", content: "id,text,n:int\na,앞,1\n" + bad + "\nb,뒤,2\n", added: 2, rejects: 1}
}

// refusals has test cases for every row of the table in docs/import.md.
func refusals(t *testing.T) map[string][]refused {
	good := strings.Repeat(`{"id":"a","text":"처음"}`+"\n"+`{"id":"b","text":"다음"}`+"\n", 4000)
	encode := func(s string, e interface{ Bytes([]byte) ([]byte, error) }) string {
		b, err := e.Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	cp949 := encode("{\"id\":\"a\",\"text\":\"안녕하세요 여러분\"}\n", korean.EUCKR.NewEncoder())
	utf16 := encode(`{"id":"a","text":"안녕"}`+"\n", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder())
	gz, zst := gzipped(t, good), zstded(t, good)
	whole := parquetOf(t, []struct{ ID, Text string }{{"a", "처음"}, {"b", "다음"}})
	named := map[string]string{"id": "ID", "text": "Text"}
	flags := []string{"--id-field", named["id"], "--text-field", named["text"]}
	book, err := os.ReadFile(filepath.Join("internal", "office", "testdata", "pandas.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	sheet := string(book)
	return map[string][]refused{
		"not JSON, cut short, two objects in a line, an array": {
			lines(`hello`), lines(`{"text":"a`), lines(`{"text":"a"} {"text":"b"}`), lines(`[1]`),
		},
		"a key twice, also across `metadata` and when flattened": {
			lines(`{"text":"a","n":1,"n":2}`), lines(`{"text":"a","n":1,"metadata":{"n":2}}`), lines(`{"text":"a","a.b":1,"a":{"b":2}}`),
		},
		"no text and no embedding; text of white space only": {lines(`{"id":"x"}`), lines(`{"id":"x","text":" \n"}`)},
		"text, id or title of another type":                  {lines(`{"text":1}`), lines(`{"id":1.5,"text":"a"}`), lines(`{"title":1,"text":"a"}`)},
		"`_expires` that is not a time with a zone": {
			lines(`{"text":"a","_expires":"tomorrow"}`), lines(`{"text":"a","_expires":"2031-02-03"}`), lines(`{"text":"a","_expires":1927857906}`),
			{name: "in.csv", content: "id,text,_expires\na,앞,\nb,뒤,soon\n", added: 1, rejects: 1},
		},
		"integer beyond 64 bits, float beyond its range":                      {lines(`{"text":"a","n":9223372036854775808}`), lines(`{"text":"a","n":1e999}`)},
		"embedding empty, with null or text in it, beyond 32-bit floats":      {lines(`{"text":"a","embedding":[]}`), lines(`{"text":"a","embedding":[null]}`), lines(`{"text":"a","embedding":["1"]}`), lines(`{"text":"a","embedding":[1e39]}`)},
		"embedding of another length than the collection's, or of zeros only": {lines(`{"text":"a","embedding":[1,2]}`), lines(`{"text":"a","embedding":[0` + strings.Repeat(",0", 383) + `]}`)},
		"invalid UTF-8, half a surrogate pair":                                {lines("{\"text\":\"a\xff\"}"), lines(`{"text":"\ud83d"}`)},
		"bytes that mean nothing in the file's encoding": {
			{name: "in.jsonl", content: cp949 + "{\"text\":\"\xb0\x20\"}\n", args: []string{"--encoding", "cp949"}, added: 1, rejects: 1},
			{name: "in.jsonl", content: utf16 + "{", added: 1, rejects: 1},
		},
		"text that is not UTF-8, in an encoding that can't be told": {
			{name: "in.csv", content: "id,text\n1," + strings.Repeat("\xf5\xa3\xf4\xb6 ", 10) + "\n", failed: 1},
		},
		"a line or record over the limit (16 MiB), up to any length": {
			lines(`{"text":"` + strings.Repeat("a", 17<<20) + `"}`),
			rows(`c,` + strings.Repeat("a", 17<<20) + `,1`),
			{name: "in.txt", content: strings.Repeat("a", 17<<20), rejects: 1},
		},
		"CSV with `--quote double`: quote never closed, text behind a quote": {rfc4180(rows(`c,"x,1`)), rfc4180(rows(`c,"x"y,1`))},
		"CSV: too few or too many fields, a cell of another type":            {rows(`c,x`), rows(`c,x,1,2`), rows(`c,x,many`)},
		"Markdown: only front matter": {
			{name: "in.md", content: "---\na: 1\n---\n", rejects: 1},
		},
		"CSV, Parquet, .xlsx: no text column, a column twice, a column asked for that is not there": {
			{name: "in.csv", content: "id,body\n1,x\n", failed: 1},
			{name: "in.csv", content: "id,text,text\n1,x,y\n", failed: 1},
			{name: "in.csv", content: "id,text\n1,x\n", args: []string{"--columns", "year"}, failed: 1},
			{name: "in.parquet", content: whole, failed: 1}, // its columns are ID and Text
			{name: "in.parquet", content: whole, args: append([]string{"--columns", "year"}, flags...), failed: 1},
			{name: "in.xlsx", content: sheet, args: []string{"--text-field", "body"}, failed: 1},
			{name: "in.xlsx", content: sheet, args: []string{"--columns", "none"}, failed: 1},
		},
		".docx, .hwpx, HTML: no text": {{name: "in.html", content: "<script>1</script>", rejects: 1}},
		".xlsx: no such sheet":        {{name: "in.xlsx", content: sheet, args: []string{"--sheet", "none"}, failed: 1}},
		".xlsx, .docx, .hwpx: encrypted, of before 2007, damaged, another kind of file": {
			{name: "in.xlsx", content: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 512), failed: 1},
			{name: "in.docx", content: sheet, failed: 1},
			{name: "in.hwpx", content: sheet, failed: 1},
			{name: "in.xlsx", content: sheet[:len(sheet)-9], failed: 1},
		},
		"text file with zero bytes, empty file": {
			{name: "in.txt", content: "a\x00b", rejects: 1}, {name: "in.txt", content: "", rejects: 1}, {name: "in.md", content: " \n", rejects: 1},
		},
		"gzip or zstd cut short, wrong checksum, garbage behind": {
			{name: "in.jsonl.gz", content: gz[:len(gz)-9], added: 2, failed: 1},
			{name: "in.jsonl.gz", content: gz[:len(gz)-6] + "xx" + gz[len(gz)-4:], added: 2, failed: 1},
			{name: "in.jsonl.gz", content: gz + "this is not gzip, to be sure", added: 2, failed: 1},
			{name: "in.jsonl.zst", content: zst[:len(zst)-3], added: 2, failed: 1},
		},
		"Parquet cut short, damaged, with a column that metadata cannot hold": {
			{name: "in.parquet", content: whole[:len(whole)-5], args: flags, failed: 1},
			{name: "in.parquet", content: whole[:20] + strings.Repeat("\x00", len(whole)-28) + whole[len(whole)-8:], args: flags, failed: 1},
			{name: "in.parquet", content: parquetOf(t, []struct {
				ID, Text string
				M        map[string]int64
			}{{"a", "처음", map[string]int64{"x": 1}}}), args: flags, failed: 1},
		},
		"empty table or JSONL file; blank lines, CRLF, byte-order mark": {
			{name: "in.jsonl"},
			{name: "in.csv", content: "id,text\n"},
			{name: "in.csv"},
			{name: "in.jsonl", content: "\ufeff\r\n{\"id\":\"a\",\"text\":\"x\"}\r\n\r\n", added: 1},
			{name: "in.csv", content: "\ufeffid,text\r\na,x\r\n\r\n", added: 1},
		},
	}
}

func gzipped(t *testing.T, s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t *testing.T, s string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}

func parquetOf[T any](t *testing.T, list []T) string {
	var b bytes.Buffer
	if err := parquet.Write(&b, list); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rfc4180 is a case with quotes as in RFC 4180.
func rfc4180(r refused) refused {
	r.args = append(r.args, "--quote", "double")
	return r
}

// Bad input has the outcome that docs/import.md says, row by row.
func TestImportRefuses(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## What is refused")
	table, _, _ = strings.Cut(table, "\n## ")
	cases := refusals(t)
	c := newCLI(t)
	n := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || strings.HasPrefix(cells[1], " ---") || strings.TrimSpace(cells[1]) == "input" {
			continue
		}
		row, outcome := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		if cases[row] == nil {
			t.Errorf("no case for the row %q of docs/import.md", row)
		}
		for _, r := range cases[row] {
			n++
			code := exitRejects
			if r.rejects+r.failed == 0 {
				code = exitOK
			}
			c.write(r.name, r.content)
			got := c.imported(code, append([]string{r.name, "-c", fmt.Sprint("c", n), "--model", "builtin"}, r.args...)...)
			if got.Added != r.added || got.Rejected != r.rejects || got.Failed != r.failed {
				t.Errorf("%s: %s with %.60q: %d stored, %d rejects, %d files failed; want %d, %d, %d",
					row, r.name, r.content, got.Added, got.Rejected, got.Failed, r.added, r.rejects, r.failed)
			}
			if said := []bool{strings.Contains(outcome, "reject"), strings.Contains(outcome, "error"), outcome == "fine"}; !slices.Equal(said, []bool{r.rejects > 0, r.failed > 0, code == exitOK}) {
				t.Errorf("%s: the table says %q of %s", row, outcome, r.name)
			}
		}
		delete(cases, row)
	}
	for row := range cases {
		t.Errorf("docs/import.md has no row %q", row)
	}
}
