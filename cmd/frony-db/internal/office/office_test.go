package office

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"reflect"
	"strings"
	"testing"
)

func openFile(t testing.TB, name string) *bytes.Reader {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func readSheet(t testing.TB, r *bytes.Reader, name string) []Row {
	t.Helper()
	rows, err := sheetRows(r, name)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func sheetRows(r *bytes.Reader, name string) ([]Row, error) {
	book, err := OpenWorkbook(r, r.Size())
	if err != nil {
		return nil, err
	}
	sheet, err := book.Sheet(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sheet.Close() }() // only read from
	var out []Row
	for {
		row, err := sheet.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, row)
	}
}

// The files of testdata are written by make.py with openpyxl, pandas, XlsxWriter,
// python-docx and python-hwpx.
func TestSheets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		file, sheet string
		want        []Row
	}{
		{"openpyxl.xlsx", "", []Row{
			{Number: 1, Cells: []string{"id", "text", "price", "made", "when", "stock", "note", "sum"}},
			{Number: 2, Cells: []string{"a-1", "서울의 봄은 짧다", "1234.5", "2024-05-01", "2024-05-01T13:30:05", "true", "007"}, Uncomputed: 1},
			{Number: 3, Cells: []string{"a-2", "두 줄\n글", "0.3", "1999-12-31", "1999-12-31T23:59:59", "false"}, Errors: []string{"#N/A"}},
			{Number: 4, Cells: []string{"3", "굵은 글씨", "9007199254740991", "", "", "", "x\ny"}},
		}},
		{"openpyxl.xlsx", "비고", []Row{{Number: 1, Cells: []string{"text"}}, {Number: 2, Cells: []string{"다른 시트"}}}},
		{"openpyxl.xlsx", "숨김", []Row{{Number: 1, Cells: []string{"text"}}}},
		{"pandas.xlsx", "", []Row{
			{Number: 1, Cells: []string{"id", "text", "year", "score", "day"}},
			{Number: 2, Cells: []string{"p1", "첫 문서", "2024", "0.5", "2024-05-01"}},
			{Number: 3, Cells: []string{"p2", "둘째 문서", "2025", "", "2024-05-02T07:00:00"}},
		}},
		{"title1904.xlsx", "표", []Row{
			{Number: 1, Cells: []string{"2024년 매출 보고"}},
			{Number: 3, Cells: []string{"text", "day", "n"}},
			{Number: 4, Cells: []string{"행 하나", "2024-05-01", "2"}},
		}},
	} {
		if got := readSheet(t, openFile(t, tc.file), tc.sheet); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s, %q:\n%+v, want\n%+v", tc.file, tc.sheet, got, tc.want)
		}
	}
	if _, err := sheetRows(openFile(t, "openpyxl.xlsx"), "none"); !errors.Is(err, ErrSheet) || !strings.Contains(err.Error(), "비고") {
		t.Error(err)
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	r := openFile(t, "python-docx.docx")
	got, err := ReadDocument(r, r.Size())
	want := Document{Title: "이용 안내", Markdown: `# 이용 안내

# 배송

주문한 다음 날 도착한다.

- 서울

- 부산

## 반품

칠 일 안에 되돌릴 수 있다.

| 지역 | 요금 |
| --- | --- |
| 제주 | 3,000 \| 원 |

\# 기호로 시작하는 줄`}
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got.Markdown)
	}
}

func TestHWPX(t *testing.T) {
	t.Parallel()
	r := openFile(t, "python-hwpx.hwpx")
	got, err := ReadHWPX(r, r.Size())
	want := `# 배송

주문한 다음 날 도착한다.

| 지역 | 요금 |
| --- | --- |
| 제주 | 3,000 \| 원 |

## 반품

칠 일 안에 되돌릴 수 있다.`
	if err != nil || got.Markdown != want || got.Title != "" {
		t.Errorf("%v\n%s", err, got.Markdown)
	}
}

// Notes and boxes are read, headers and memos are not; a cell is where its address says.
func TestHWPXParts(t *testing.T) {
	t.Parallel()
	r := zipped(t, map[string]string{
		"META-INF/container.xml": `<container><rootfiles><rootfile full-path="Contents/content.hpf" media-type="application/hwpml-package+xml"/></rootfiles></container>`,
		"Contents/content.hpf": `<package><metadata><title>제목</title></metadata><manifest><item id="b" href="Contents/section1.xml"/><item id="a" href="Contents/section0.xml"/></manifest>
			<spine><itemref idref="a"/><itemref idref="b"/></spine></package>`,
		"Contents/section0.xml": `<sec><p><run><secPr><t>no</t></secPr><ctrl><header><subList><p><run><t>머리말</t></run></p></subList></header></ctrl>
			<t>앞<tab/>뒤<lineBreak/>아래<markpenBegin/>!</t><ctrl><footNote><subList><p><run><t>각주</t></run></p></subList></footNote></ctrl></run></p></sec>`,
		"Contents/section1.xml": `<sec><p><run><tbl><caption><subList><p><run><t>표 1</t></run></p></subList></caption>
			<tr><tc><subList><p><run><t>셋째</t></run></p></subList><cellAddr colAddr="2"/></tc></tr></tbl></run></p></sec>`,
	})
	got, err := ReadHWPX(r, r.Size())
	want := Document{Title: "제목", Markdown: "앞 뒤\n아래!\n\n각주\n\n표 1\n\n|  |  | 셋째 |\n| --- | --- | --- |"}
	if err != nil || got != want {
		t.Errorf("%v\n%q, want\n%q", err, got.Markdown, want.Markdown)
	}
}

// zipped makes an office file of parts.
func zipped(t testing.TB, parts map[string]string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

const rootRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="x/officeDocument" Target="/word/document.xml"/></Relationships>`

// What is tracked, floats, or is written twice for old programs is read once.
func TestDocumentParts(t *testing.T) {
	t.Parallel()
	r := zipped(t, map[string]string{
		"_rels/.rels": rootRels,
		"word/_rels/document.xml.rels": `<Relationships><Relationship Id="f" Type="x/footnotes" Target="footnotes.xml"/>
			<Relationship Id="l" Type="x/hyperlink" Target="http://example.com" TargetMode="External"/></Relationships>`,
		"word/footnotes.xml": `<footnotes><footnote type="separator"><p><r><t>no</t></r></p></footnote><footnote id="1"><p><r><t>각주</t></r></p></footnote></footnotes>`,
		"word/document.xml": `<w:document xmlns:w="w" xmlns:mc="mc"><w:body>
			<w:p><w:r><w:t>남은 </w:t></w:r><w:del><w:r><w:delText>지운</w:delText></w:r></w:del><w:ins><w:r><w:t>넣은</w:t></w:r></w:ins>
				<w:hyperlink><w:r><w:tab/><w:t>고리</w:t></w:r></w:hyperlink><w:r><w:br/><w:t>아래</w:t></w:r></w:p>
			<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>상자</w:t></w:r></w:p></w:txbxContent></mc:Choice>
				<mc:Fallback><w:txbxContent><w:p><w:r><w:t>상자</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>곁</w:t></w:r></w:p>
			<w:tbl><w:tr><w:tc><w:p><w:r><w:t>틀</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>안</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>
			<w:sdt><w:sdtContent><w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>차례</w:t></w:r></w:p></w:sdtContent></w:sdt>
			<w:sectPr><w:x/></w:sectPr></w:body></w:document>`,
	})
	got, err := ReadDocument(r, r.Size())
	want := "남은 넣은 고리\n아래\n\n곁\n\n상자\n\n틀\n\n| 안 |  |\n| --- | --- |\n\n## 차례\n\n각주"
	if err != nil || got.Markdown != want {
		t.Errorf("%v\n%q, want\n%q", err, got.Markdown, want)
	}
}

// Tables in tables without end are refused: each takes its part of the stack.
func TestNesting(t *testing.T) {
	t.Parallel()
	nested := func(n int) *bytes.Reader {
		return zipped(t, map[string]string{"_rels/.rels": rootRels, "word/document.xml": `<document><body>` +
			strings.Repeat("<tbl><tr><tc>", n) + "<p><r><t>innen</t></r></p>" + strings.Repeat("</tc></tr></tbl>", n) + `</body></document>`})
	}
	r := nested(60)
	if d, err := ReadDocument(r, r.Size()); err != nil || d.Markdown != "innen" {
		t.Errorf("%q, %v", d.Markdown, err)
	}
	r = nested(100_000)
	if _, err := ReadDocument(r, r.Size()); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

// A text without an end is not read to it.
func TestTextWithoutTag(t *testing.T) {
	t.Parallel()
	r := tagged{r: io.LimitReader(zeros{}, 2*maxText)}
	if n, err := io.Copy(io.Discard, &r); err == nil || n > maxText {
		t.Errorf("%d bytes, %v", n, err)
	}
	r = tagged{r: io.MultiReader(io.LimitReader(zeros{}, maxText-1), strings.NewReader("<"), io.LimitReader(zeros{}, maxText-1))}
	if _, err := io.Copy(io.Discard, &r); err != nil {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*bytes.Reader{
		"nothing":   bytes.NewReader(nil),
		"text":      bytes.NewReader([]byte("id,text\n1,a")),
		"encrypted": bytes.NewReader(append(bytes.Clone(magicOLE), make([]byte, 512)...)),
		"a zip":     zipped(t, map[string]string{"a.txt": "a"}),
		"another":   zipped(t, map[string]string{"_rels/.rels": rootRels, "word/document.xml": "<workbook><sheets/></workbook>"}),
	} {
		if _, err := OpenWorkbook(r, r.Size()); !errors.Is(err, ErrFormat) {
			t.Errorf("%s as a workbook: %v", name, err)
		}
		if _, err := ReadDocument(r, r.Size()); !errors.Is(err, ErrFormat) {
			t.Errorf("%s as a document: %v", name, err)
		}
		if _, err := ReadHWPX(r, r.Size()); !errors.Is(err, ErrFormat) {
			t.Errorf("%s as a document of Hancom's: %v", name, err)
		}
	}
}

// A file with a byte changed or its end cut off is read as it was, or refused; it never
// panics, and never ends before its end.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, name := range []string{"openpyxl.xlsx", "python-docx.docx", "python-hwpx.hwpx"} {
		var whole any
		read := func(r *bytes.Reader) (any, error) {
			switch path.Ext(name) {
			case ".docx":
				d, err := ReadDocument(r, r.Size())
				return d, err
			case ".hwpx":
				d, err := ReadHWPX(r, r.Size())
				return d, err
			}
			rows, err := sheetRows(r, "")
			return rows, err
		}
		r := openFile(t, name)
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if whole, err = read(r); err != nil {
			t.Fatal(err)
		}
		refused := 0
		for range 300 {
			damaged := bytes.Clone(b)
			if random.IntN(4) == 0 {
				damaged = damaged[:random.IntN(len(b))]
			} else {
				damaged[random.IntN(len(b))] ^= byte(1 + random.IntN(255))
			}
			got, err := read(bytes.NewReader(damaged))
			switch {
			case err == nil && !reflect.DeepEqual(got, whole):
				t.Errorf("%s: read otherwise: %+v", name, got)
			case err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrFormat):
				t.Error(err)
			case err != nil:
				refused++
			}
		}
		t.Log(name, "refused", refused, "of 300")
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, `yyyy"년" m"월" d"일"`: true, "[$-412]d": true, "mmm-yy": true, "ggge": true,
		"General": false, "0.00": false, "#,##0": false, `0"day"`: false, "hh:mm:ss": false, "[h]:mm": false, "0.00E+00": false,
		`_-* #,##0_-;y`: false, `\d0`: false, "[Red]0": false,
	} {
		if isDateCode(code) != want {
			t.Errorf("%q: %v", code, !want)
		}
	}
	for _, tc := range []struct {
		days  float64
		epoch int
		want  string
	}{
		{61, 1900, "1900-03-01"},
		{45413.5, 1900, "2024-05-01T12:00:00"},
		{45413.123456789, 1900, "2024-05-01T02:57:46.667"},
		{45413.999999999, 1900, "2024-05-02T00:00:00"},
		{0, 1904, "1904-01-01"},
		{60, 1900, ""},
		{-1, 1904, ""},
		{1e9, 1900, ""},
	} {
		if got, _ := date(tc.days, tc.epoch); got != tc.want {
			t.Errorf("%v since %d: %q, want %q", tc.days, tc.epoch, got, tc.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"a_x000D_b": "a\nb", "_x005F_x000D_": "_x000D_", "_x00": "_x00", "_xZZZZ_": "_xZZZZ_", "snake_x_case_": "snake_x_case_", "_xAC00_": "가",
	} {
		if got := unescape(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
