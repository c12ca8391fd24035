package source

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const officeFiles = "../office/testdata/"

// A sheet is a table like others: its columns have types, roles and notes.
func TestWorkbook(t *testing.T) {
	var notes []string
	opts := Options{Note: func(n Note) { notes = append(notes, n.Text) }}
	got := readAll(t, officeFiles+"openpyxl.xlsx", &opts)
	if len(got.records) != 3 || len(got.rejects)+len(got.files) > 0 {
		t.Fatalf("%+v", got)
	}
	want := Record{
		ID: "a-1", Text: "서울의 봄은 짧다", File: officeFiles + "openpyxl.xlsx", Line: 2,
		Metadata: map[string]any{"price": 1234.5, "made": "2024-05-01", "when": "2024-05-01T13:30:05", "stock": true, "note": "007"},
	}
	if rec := got.records[0]; !reflect.DeepEqual(rec, want) {
		t.Errorf("%+v, want\n%+v", rec, want)
	}
	all := strings.Join(notes, "\n")
	for _, part := range []string{`"비고" "숨김"`, "--sheet", "#N/A", "no result"} {
		if !strings.Contains(all, part) {
			t.Errorf("%q is not in the notes:\n%s", part, all)
		}
	}
	other := readAll(t, officeFiles+"openpyxl.xlsx", &Options{Sheet: "비고"})
	if len(other.records) != 1 || other.records[0].Text != "다른 시트" {
		t.Errorf("%+v", other)
	}
}

func TestWorkbookHeader(t *testing.T) {
	file := officeFiles + "title1904.xlsx"
	got := readAll(t, file, nil)
	if len(got.files) != 1 || !strings.Contains(got.files[0].Error(), "--skip-rows 2") || strings.Contains(got.files[0].Error(), "separator") {
		t.Errorf("%+v", got.files)
	}
	for _, opts := range []Options{{SkipRows: 2}, {SkipRows: 3, Header: []string{"text", "day", "n"}}} {
		got = readAll(t, file, &opts)
		want := map[string]any{"day": "2024-05-01", "n": int64(2)}
		if len(got.records) != 1 || got.records[0].Text != "행 하나" || got.records[0].Line != 4 || !reflect.DeepEqual(got.records[0].Metadata, want) {
			t.Errorf("%+v: %+v", opts, got)
		}
	}
	if got := readAll(t, file, &Options{SkipRows: 9}); len(got.records)+len(got.files) > 0 {
		t.Errorf("%+v", got)
	}
	if got := readAll(t, file, &Options{Sheet: "none"}); len(got.files) != 1 || !errors.Is(got.files[0], ErrOptions) {
		t.Errorf("%+v", got.files)
	}
}

// A row with more cells than the header is a reject, with its number.
func TestWorkbookRejects(t *testing.T) {
	got := readAll(t, officeFiles+"openpyxl.xlsx", &Options{Header: []string{"text", "b"}})
	if len(got.rejects) != 4 || got.rejects[1].Line != 2 || !strings.Contains(got.rejects[1].Reason, "7 fields, but the header has 2") || len(got.rejects[1].Raw) == 0 {
		t.Errorf("%+v", got)
	}
}

func TestWord(t *testing.T) {
	got := readAll(t, officeFiles+"python-docx.docx", &Options{Prefix: "p/"})
	if len(got.records) != 1 {
		t.Fatalf("%+v", got)
	}
	rec := got.records[0]
	if rec.Title != "이용 안내" || rec.Format != Markdown || rec.ID != "p/"+officeFiles+"python-docx.docx" || rec.Source != rec.ID || !strings.Contains(rec.Text, "## 반품") {
		t.Errorf("%+v", rec)
	}
	if got := readAll(t, officeFiles+"python-hwpx.hwpx", nil); len(got.records) != 1 || got.records[0].Title != "배송" || !strings.Contains(got.records[0].Text, "| 제주 |") {
		t.Errorf("%+v", got)
	}
	if got := readAll(t, officeFiles+"python-docx.docx", &Options{MaxRecord: 100}); len(got.rejects) != 1 {
		t.Errorf("%+v", got)
	}
}

// Office files need random access, and are told by more than their name.
func TestOfficeRefused(t *testing.T) {
	b, err := os.ReadFile(officeFiles + "openpyxl.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"a.xlsx": []byte("id,text\n1,a"), "b.docx": b, "c.xlsx": b[:len(b)/2]} {
		got := readAll(t, write(t, dir, name, content), nil)
		if len(got.files) != 1 || !errors.Is(got.files[0], ErrFormat) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, format := range []Format{XLSX, DOCX, HWPX} {
		got := readAll(t, "-", &Options{Format: format, Stdin: strings.NewReader("x")})
		if len(got.files) != 1 || !strings.Contains(got.files[0].Error(), "save the stream first") {
			t.Errorf("%s: %+v", format, got)
		}
	}
	write(t, dir, "~$b.docx", []byte("owner"))
	var skipped []string
	got := readAll(t, filepath.Join(dir, "*.docx"), &Options{Skipped: func(path, reason string) { skipped = append(skipped, path+": "+reason) }})
	if len(got.files) != 1 || len(skipped) != 1 || !strings.Contains(skipped[0], "lock") {
		t.Errorf("%+v, skipped %q", got, skipped)
	}
}

func TestHTML(t *testing.T) {
	page := `<!doctype html><html><head><meta charset="euc-kr"><title> 이용
		안내 </title><style>p{}</style></head><body><script>alert(1)</script><h1>배송</h1><p>주문한 <b>다음 날</b> 도착한다.</p>
		<svg><title>그림</title></svg><table><tr><th>지역</th><th>요금</th></tr><tr><td>제주</td><td>3,000</td></tr></table></body></html>`
	got := readBytes(t, "a.html", []byte(page), nil)
	if len(got.records) != 1 {
		t.Fatalf("%+v", got)
	}
	rec := got.records[0]
	for _, part := range []string{"# 배송", "**다음 날**", "| 제주"} {
		if !strings.Contains(rec.Text, part) {
			t.Errorf("%q is not in\n%s", part, rec.Text)
		}
	}
	if rec.Title != "이용 안내" || rec.Format != Markdown || strings.Contains(rec.Text, "alert") || strings.Contains(rec.Text, "p{}") {
		t.Errorf("%+v", rec)
	}
	if got := readBytes(t, "a.htm", []byte("<p>plain</p><h1>Later</h1>"), nil); len(got.records) != 1 || got.records[0].Title != "Later" {
		t.Errorf("%+v", got)
	}
	if got := readBytes(t, "a.html", []byte("<html><script>1</script></html>"), nil); len(got.rejects) != 1 {
		t.Errorf("%+v", got)
	}
}
