package chunk

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws one")

// words is a Count that anybody can check: one token a word.
func words(s string) int { return len(strings.Fields(s)) }

// check holds the invariants of the package comment against a document.
func check(t *testing.T, doc string, opts Options, chunks []Chunk) {
	t.Helper()
	d := opts.withDefaults()
	begins := map[int]bool{len(doc): true}
	at, state, rest := 0, -1, doc
	for len(rest) > 0 {
		begins[at] = true
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at += len(cluster)
	}
	covered := 0
	if opts.Format == Markdown {
		covered = bodyStart(doc)
	}
	last := -1
	for i, c := range chunks {
		if c.Index != i || c.Start <= last || c.End > len(doc) || c.Text != c.Header+doc[c.Start:c.End] || c.Text == "" {
			t.Fatalf("chunk %d: %+v behind one that begins at %d", i, c, last)
		}
		last = c.Start
		if c.Start > covered {
			gap := doc[covered:c.Start]
			if strings.IndexFunc(gap, func(r rune) bool { return !unicode.IsSpace(r) }) >= 0 {
				t.Fatalf("lost %q before chunk %d", gap, i)
			}
		}
		if c.End < covered {
			t.Fatalf("chunk %d ends at %d, before the one before it (%d)", i, c.End, covered)
		}
		covered = c.End
		if !begins[c.Start] || !begins[c.End] {
			t.Fatalf("chunk %d [%d:%d] cuts a grapheme: %q", i, c.Start, c.End, c.Text)
		}
		if n := d.Count(Embedded(c.Text)); n > d.MaxTokens && uniseg.GraphemeClusterCount(c.Text) > 1 {
			t.Fatalf("chunk %d has %d tokens, over %d: %q", i, n, d.MaxTokens, c.Text)
		}
	}
	if rest := strings.TrimSpace(doc[covered:]); rest != "" {
		t.Fatalf("lost %q at the end", rest)
	}
}

// pieces that random documents are made of: what cutting may stumble over.
var pieces = []string{
	"안녕하세요.", " ", " ", "\n", "\n\n", "\r\n", "그렇습니다.그리고", "e.g. this", "3.14", "Dr. Kim", "# 제목\n", "## Sub *x*\n",
	"```go\ncode. more code\n```\n", "```\n\n", "- item\n", "1. one\n", "> quote\n", "| a | b |\n|---|---|\n| 1 | 2 |\n",
	"word", "끝났다…", "”", "?!", "👨‍👩‍👧‍👦", "🇰🇷🇰🇷🇰🇷", "e\u0301", "\u0301", "ㄱ", "\u1112\u1161\u11ab", "\xff", "\x00", "\u0600", "\u200d", "\u00a0", "\u3000",
	"。", "긴문장" + "이어집니다", "---\n", "a: b\n", "Title\n===\n", "    indented code\n", "<div>\n", "[x]: http://y\n", "\t", "http://a.b/c.", "…", "\ufeff",
}

func TestSplitProperties(t *testing.T) {
	t.Parallel()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("replay with: go test -run '^TestSplitProperties$' ./db/chunk -seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	counts := []func(string) int{
		nil, words, func(s string) int { return len(s) },
		func(s string) int { return 2 + uniseg.GraphemeClusterCount(s) }, // with marks at both ends
		func(s string) int { return (uniseg.GraphemeClusterCount(s) + 3) / 2 },
	}
	for range 3000 {
		var b strings.Builder
		for range rng.IntN(60) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		opts := Options{
			Format: Format(rng.IntN(2)), MaxTokens: 3 + rng.IntN(40), Overlap: new(rng.IntN(12) - 2),
			Count: counts[rng.IntN(len(counts))],
		}
		check(t, b.String(), opts, Split(b.String(), opts))
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("# a\n\nText one. Text two.\n\n```\ncode\n```\n", true, 5, 1)
	f.Add("안녕하세요. 반갑습니다.\n\n다음 문단", false, 3, 0)
	f.Add(strings.Join(pieces, ""), true, 4, 2)
	f.Fuzz(func(t *testing.T, doc string, markdown bool, limit, overlap int) {
		opts := Options{MaxTokens: limit % 1000, Overlap: &overlap}
		if markdown {
			opts.Format = Markdown
		}
		check(t, doc, opts, Split(doc, opts))
	})
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	doc := strings.Join([]string{
		"---", "title: 안내서", "tags: [go, db]", "---", "",
		"Before any heading.", "",
		"# Guide", "", "## `go install` *now*", "",
		"First sentence here. Second sentence here. Third sentence here.", "",
		"```sh", "go install . && echo done. # not a heading", "", "more. code.", "```", "",
		"Setext", "------", "", "- one two", "- three four", "",
		"# Other ##", "", "> # not a section", "> quoted", "",
	}, "\n")
	opts := Options{Format: Markdown, MaxTokens: 16, Overlap: new(0), Count: words}
	got := Split(doc, opts)
	check(t, doc, opts, got)
	type row struct {
		heading string
		text    string
	}
	want := []row{
		{"", "Before any heading."},
		{"Guide > go install now", "# Guide\n\n## `go install` *now*\n\nFirst sentence here. Second sentence here. Third sentence here."},
		{"Guide > go install now", "```sh\ngo install . && echo done. # not a heading\n\nmore. code.\n```"},
		{"Guide > Setext", "Setext\n------\n\n- one two\n- three four"},
		{"Other", "# Other ##\n\n> # not a section\n> quoted"},
	}
	var rows []row
	for _, c := range got {
		rows = append(rows, row{strings.Join(c.Heading, " > "), c.Text})
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("got:")
		for _, r := range rows {
			t.Errorf("%q %q", r.heading, r.text)
		}
	}
	if got := Title(doc); got != "Guide" {
		t.Errorf("Title = %q", got)
	}
}

// TestCodeIsWhole: a block of code that fits is never cut, wherever it comes; one
// that doesn't is cut between lines.
func TestCodeIsWhole(t *testing.T) {
	t.Parallel()
	fence := "```\nif x.\ty\n\n\treturn. z\n```"
	for lead := range 30 {
		doc := strings.Repeat("word ", lead) + "\n\n" + fence + "\n\nAfter."
		for _, c := range Split(doc, Options{Format: Markdown, MaxTokens: 8, Count: words}) {
			if n := strings.Count(c.Text, "```"); n == 1 || n == 2 && !strings.Contains(c.Text, fence) {
				t.Errorf("%d words before: a chunk cuts the code: %q", lead, c.Text)
			}
		}
	}
	doc := "```\n" + strings.Repeat("a b c d e\n", 20) + "```\n"
	for _, c := range Split(doc, Options{Format: Markdown, MaxTokens: 12, Overlap: new(0), Count: words}) {
		for line := range strings.Lines(c.Text) {
			if line = strings.TrimSpace(line); line != "```" && line != "a b c d e" {
				t.Errorf("a line of code is cut: %q", line)
			}
		}
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	doc := "One one one. Two two. Three three three. Four four. Five five five. Six."
	got := Split(doc, Options{MaxTokens: 6, Overlap: new(3), Count: words})
	var texts []string
	for _, c := range got {
		texts = append(texts, c.Text)
	}
	want := []string{
		"One one one. Two two.", "Two two. Three three three.", "Three three three. Four four.",
		"Four four. Five five five. Six.",
	}
	if !reflect.DeepEqual(texts, want) {
		t.Errorf("got %q", texts)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for _, tc := range []string{
		"안녕하세요.| 저는 김입니다.| 반가워요!| 정말요?| 네…| 그래요.",
		"그는 갔다.|그리고 왔다.|그래서 끝났다.",
		"버전은 1.26.8입니다.| 값은 3.14이다.| 끝.",
		"2024. 5. 3. 금요일에 만났다.| 2025년 1월이다.",
		"1. 첫째 항목입니다.\n2. 둘째 항목입니다.",
		"“정말입니까?”| 그가 물었다.| (그렇다.)| 끝.",
		"다음 글자。|띄어쓰기 없이！|이어진다.",
		"Dr. Kim met Mr. Lee at 5 p.m. yesterday.| They talked, e.g. about Go.| Fine.",
		"J. K. Rowling wrote it.| See Fig. 3 and No. 5 for more.| Oh no.| Then it ended.",
		"It costs 3.50 dollars.| Visit example.com today.| Really?!| Yes...| Sure.",
		"The U.S. Army came.| Apples, pears, etc. were there.| And so am I.| You?",
		"From 4:00 to 6:00 p.m. Eastern Time.| Then it ended.",
		"He said \"Go.\"| She went.",
	} {
		doc := strings.ReplaceAll(tc, "|", "")
		s := &splitter{doc: doc, opts: Options{}.withDefaults()}
		s.plain(0, len(doc))
		var got []string
		for _, u := range s.units {
			got = append(got, doc[u.start:u.end])
		}
		var want []string
		for p := range strings.SplitSeq(tc, "|") {
			want = append(want, strings.TrimSpace(p))
		}
		if tc[0] == '1' { // a list is cut between its items
			want = strings.Split(doc, "\n")
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// TestLongUnits: what has no place to cut is cut between characters, and in
// time: the input is one long line.
func TestLongUnits(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"no space":       strings.Repeat("가", 1<<16),
		"emoji":          strings.Repeat("👨‍👩‍👧‍👦", 1<<14),
		"numbers":        strings.Repeat("1. ", 1<<16),
		"full stops":     strings.Repeat("가。", 1<<15),
		"initials":       strings.Repeat("A. ", 1<<16),
		"marks":          strings.Repeat("。\u0301", 1<<16),
		"blank lines":    strings.Repeat("\n", 1<<18),
		"one cluster":    "e" + strings.Repeat("\u0301", 1<<16),
		"open brackets":  strings.Repeat("[", 1<<16),
		"deep quotation": strings.Repeat("> ", 1<<10),
		"deep list":      strings.Repeat("- ", 1<<16),
		"nearly deep":    strings.Repeat(strings.Repeat("- ", 90)+"\n", 1<<8),
		"stars":          strings.Repeat("*", 1<<16),
		"underlined":     strings.Repeat("a\n===\n", 1<<13),
		"links":          strings.Repeat("[a]: b\n", 1<<13),
		"tables":         strings.Repeat("|a|b|\n|-|-|\n", 1<<12),
		"headings":       strings.Repeat("# a\n", 1<<14),
		"bad bytes":      strings.Repeat("\xff", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range []Format{Plain, Markdown} {
				opts := Options{Format: format}
				check(t, doc, opts, Split(doc, opts))
			}
		})
	}
}

func TestBlank(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", " ", "\n\n", "\u3000\t"} {
		for _, format := range []Format{Plain, Markdown} {
			if got := Split(doc, Options{Format: format}); len(got) != 0 {
				t.Errorf("%q: %+v", doc, got)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := (Options{}).Validate(); err != nil {
		t.Error(err)
	}
	err := Options{Format: 7, MaxTokens: -1, Overlap: new(1000)}.Validate()
	for _, want := range []string{"format 7", "MaxTokens is -1", "Overlap is 1000"} {
		if !errors.Is(err, ErrOptions) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v: want %q named", err, want)
		}
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, " \n": 0, "word": 1, "vector": 2, "한국어": 2, "가": 1, "2024": 2, "a, b": 3} {
		if got := Estimate(text); got != want {
			t.Errorf("Estimate(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	doc := "---\ntitle: \"안내\"\ndate: 2024-05-03\nyear: 2024\nscore: 1.5\ndraft: true\nnone: ~\n" +
		"tags: [go, 2024]\nauthor:\n  name: 김\n---\nBody"
	meta, body, err := FrontMatter(doc)
	want := map[string]any{
		"title": "안내", "date": "2024-05-03", "year": int64(2024), "score": 1.5, "draft": true,
		"tags": []string{"go", "2024"}, "author.name": "김",
	}
	if err != nil || doc[body:] != "Body" || !reflect.DeepEqual(meta, want) {
		t.Errorf("%v %q %#v", err, doc[body:], meta)
	}
	for _, doc := range []string{"", "Body", "---\n", "---\na: b\n", "text\n---\na: b\n---\n", "---\nJust a sentence\n---\n", "----\na: b\n----\n"} {
		if meta, body, err := FrontMatter(doc); meta != nil || body != 0 || err != nil {
			t.Errorf("%q: %v %d %v", doc, meta, body, err)
		}
	}
	if meta, body, err := FrontMatter("---\r\n---\r\nBody"); len(meta) != 0 || body != 10 || err != nil {
		t.Errorf("empty: %v %d %v", meta, body, err)
	}
	for doc, reason := range map[string]string{
		"---\na: [\n---\n": "front matter", "---\na: 99999999999999999999\n---\n": "beyond 64 bits",
		"---\na: [[x]]\n---\n": "single values", "---\na: 1\na: 2\n---\n": "a",
		"---\n? [x]\n: y\n---\n":        "name must be text",
		"---\na.b: 1\na: {b: 2}\n---\n": "twice",
		"---\na: &x {b: *x}\n---\n":     "",
		"---\na: &a {x: 1, y: 1}\nb: &b {x: *a, y: *a}\nc: &c {x: *b, y: *b}\nd: &d {x: *c, y: *c}\ne: &e {x: *d, y: *d}\nf: &f {x: *e, y: *e}\ng: &g {x: *f, y: *f}\nh: &h {x: *g, y: *g}\ni: &i {x: *h, y: *h}\nj: &j {x: *i, y: *i}\nk: &k {x: *j, y: *j}\nl: &l {x: *k, y: *k}\nm: {x: *l, y: *l}\n---\n": "more than",
	} {
		if _, _, err := FrontMatter(doc); !errors.Is(err, ErrFrontMatter) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.40q: %v", doc, err)
		}
		// What can't be read is still text.
		check(t, doc, Options{Format: Markdown}, Split(doc, Options{Format: Markdown}))
	}
}

func BenchmarkSplit(b *testing.B) {
	doc := strings.Repeat("# 제목\n\n검색은 두 단계로 이루어집니다. 먼저 그래프에서 후보를 찾고, 그 다음 정확히 다시 셉니다.\n\nThe second stage is exact. It reads full vectors.\n\n```go\nx := 1\n```\n\n", 500)
	for name, f := range map[string]Format{"plain": Plain, "markdown": Markdown} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				Split(doc, Options{Format: f})
			}
		})
	}
}

func TestSentencesOfQuestion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                                  nil,
		" \n ":                              nil,
		"한 문장":                              {"한 문장"},
		"Is it 3.5? Yes.\nv1.2.3 is\n\nout": {"Is it 3.5?", "Yes.", "v1.2.3 is", "out"},
	} {
		if got := Sentences(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
