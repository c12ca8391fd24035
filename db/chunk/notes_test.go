package chunk

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Front matter that is not YAML costs a warning, and never the body or a field.
func TestLooseFrontMatter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		front string
		want  map[string]any // nil if it counts as text
		warn  bool
	}{
		{"title: 제목: 콜론이 있는\ntags: [가, 나]\n", map[string]any{"title": "제목: 콜론이 있는", "tags": []string{"가", "나"}}, true},
		{"tags: #태그\ntitle: @이름\n", map[string]any{"tags": "#태그", "title": "@이름"}, true},
		{"title: 탭\n\ttags: x\n", map[string]any{"title": "탭", "tags": "x"}, true},
		{"author:\n\tname: 김\n\tage: 3\n", map[string]any{"author.name": "김", "author.age": int64(3)}, true},
		{"links: [[가]], [[나]]\n", map[string]any{"links": "[[가]], [[나]]"}, true},
		{"link: [[가]]\n", map[string]any{"link": "[[가]]"}, true},
		{"links:\n  - [[가|별칭]]\n  - \"[[나]]\"\nyear: 2024\n", map[string]any{"links": []string{"[[가|별칭]]", "\"[[나]]\""}, "year": int64(2024)}, true},
		{"aliases:\n- 하나\n- 둘\ncssclass:\npublish: true\n", map[string]any{"aliases": []string{"하나", "둘"}, "publish": true}, false},
		{"a: 1\na: 2\n", map[string]any{"a": []string{"1", "2"}}, true},
		{"n: 99999999999999999999\n", map[string]any{"n": "99999999999999999999"}, true},
		{"제목: \"안 닫힌 따옴표\n날짜: 2024-05-01\n", map[string]any{"제목": "\"안 닫힌 따옴표", "날짜": "2024-05-01"}, true},
		{"**서울시청**\n", nil, false},
		{"**서울시청**\n수신: 부서: 전체\n", nil, true},
		{"그냥 글이다.\n", nil, false},
	} {
		doc := "---\n" + tc.front + "---\n본문\n"
		meta, body, err := FrontMatter(doc)
		if (err != nil) != tc.warn || err != nil && !errors.Is(err, ErrFrontMatter) {
			t.Errorf("%q: %v", tc.front, err)
		}
		if !reflect.DeepEqual(meta, tc.want) || tc.want == nil != (body == 0) || body > 0 && doc[body:] != "본문\n" {
			t.Errorf("%q: %#v, body at %d", tc.front, meta, body)
		}
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	image := "data:image/png;base64," + strings.Repeat("iVBOR/w0+KGgo", 1000) + "=="
	for text, want := range map[string]string{
		"그냥 글":                        "그냥 글",
		"![화면](" + image + ")":        "화면",
		"<img src=\"" + image + "\">": "<img src=\"\">",
		"[규정](https://example.com/a?b=(c)&d \"사규\") 참고": "규정 \"사규\" 참고",
		"![](a.png) 그림": " 그림",
		"[[휴가 규정]] [[휴가 규정|휴가]] [[규정#3조]]":            "휴가 규정 휴가 규정 3조",
		"![[그림.PNG]] ![[회의록]] ![[그림.png|300]]":        " 회의록 ",
		"> [!warning]- 조심\n> 뜨겁다":                     "> 조심\n> 뜨겁다",
		"[1]: https://example.com/x \"제목\"\n[^1]: 각주": "[1]: \"제목\"\n[^1]: 각주",
		"a[i](b) 배열 [x] (y)":                          "ai 배열 [x] (y)",
		"- [ ] 할 일\n- [x] 한 일":                        "- [ ] 할 일\n- [x] 한 일",
		"{\"m\": [[\"a\"], [\"b\"]]}":                 "{\"m\": [[\"a\"], [\"b\"]]}",
	} {
		if got := Embedded(text); got != want {
			t.Errorf("%.80q: %.80q, want %q", text, got, want)
		}
	}
	only := "![](" + image + ")"
	if got := Embedded(only); got == "" || len(got) > embeddedAnyway || !strings.HasPrefix(only, got) {
		t.Errorf("an image alone: %q", got)
	}
}

// A base64 image is not text: it stays in its chunk and costs no tokens.
func TestBase64Image(t *testing.T) {
	t.Parallel()
	doc := "# 설치\n\n화면은 다음과 같다.\n\n![화면](data:image/png;base64," + strings.Repeat("SDUdcPvaYOGODsYwBD6k", 7500) + ")\n\n다음 단계로 넘어간다.\n"
	chunks := Split(doc, Options{Format: Markdown})
	check(t, doc, Options{Format: Markdown}, chunks)
	if len(chunks) != 1 {
		t.Errorf("%d chunks", len(chunks))
	}
}

// Every chunk of a long table begins with the table's header, and rows stay whole.
func TestTableHeader(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# 요금\n\n앞글이 있다.\n\n| 품목 | 단가 |\n| --- | --- |\n")
	for i := range 200 {
		fmt.Fprintf(&b, "| 물건 %d | %d 원 |\n", i, 100*i)
	}
	b.WriteString("\n뒷글이 있다.\n")
	doc := b.String()
	opts := Options{Format: Markdown, MaxTokens: 60, Count: words}
	chunks := Split(doc, opts)
	check(t, doc, opts, chunks)
	if len(chunks) < 10 {
		t.Fatalf("%d chunks", len(chunks))
	}
	for i, c := range chunks {
		if strings.Contains(c.Text, "물건") && strings.Count(c.Text, "| 품목 | 단가 |\n| --- | --- |\n| 물건") != 1 {
			t.Errorf("chunk %d has no header: %.80q", i, c.Text)
		}
		for line := range strings.Lines(c.Text) {
			if strings.HasPrefix(line, "| 물건") != strings.HasSuffix(strings.TrimSpace(line), "원 |") {
				t.Errorf("chunk %d cuts a row: %q", i, line)
			}
		}
	}
	// A header that would take most of a chunk is not repeated.
	wide := "| " + strings.Repeat("열 ", 40) + "|\n| --- |\n" + strings.Repeat("| 행 |\n", 100)
	for i, c := range Split(wide, opts) {
		if c.Header != "" {
			t.Errorf("chunk %d: %q", i, c.Header)
		}
	}
}
