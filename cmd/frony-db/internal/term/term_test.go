package term

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

func TestTextWidth(t *testing.T) {
	for s, want := range map[string]int{
		"":                   0,
		"abc":                3,
		"한글":                 4,
		"\u1112\u1161\u11ab": 2, // 한, decomposed
		"e\u0301":            1,
		"👨‍👩‍👧‍👦":            2,
		"🇰🇷":                 2,
		"👍🏽":                 2,
		"１２":                 4,
		"ﾊﾝ":                 2,
		"…─":                 2,
		"日本語":                6,
		"a\u200bb":           2,
	} {
		if got := TextWidth(s); got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"", 5, ""},
		{"\u200d", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
		{"abc", -1, ""},
		{"김치찌개", 8, "김치찌개"},
		{"김치찌개", 7, "김치찌…"},
		{"김치찌개", 6, "김치…"}, // 김치 and … take 5: half a letter would be needed for 6
		{"김치찌개", 2, "…"},
		{"a 김치", 4, "a…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"\u1112\u1161\u11ab\u1100\u1173\u11af", 3, "\u1112\u1161\u11ab…"},
		{"👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3, "👨‍👩‍👧‍👦…"},
		{"🇰🇷🇺🇸", 4, "🇰🇷🇺🇸"},
		{"  one\n\ttwo\u3000three\u00a0\u2028four  ", 40, "one two three four"},
		{"one   two", 4, "one…"},
		{"a\x1b[31mred\x1b]0;title\x07", 40, "a[31mred]0;title"},
		{"abc\u202edef\u2066g", 40, "abcdefg"},
		{"a\xffb\x80", 40, "ab"},
		{"a\ufffdb", 40, "a\ufffdb"},
		{"\x00\x7f\u0085x", 40, "x"},
		{"z" + strings.Repeat("\u0301", 10_000), 4, "z" + strings.Repeat("\u0301", 31)},
	} {
		if got := Cut(c.in, c.width); got != c.want {
			t.Errorf("Cut(%.40q, %d): got %.80q, want %q", c.in, c.width, got, c.want)
		}
	}
}

// TestCutHolds checks the guarantees of Cut on random text.
func TestCutHolds(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	pool := []string{"a", "한", "\u1112\u1161\u11ab", "\u0301", "👨‍👩‍👧‍👦", "🇰", "🇷", "\u200d", " ", "\n", "\x1b[2J", "\xff", "\u202e", "１", "\u11ab", "é"}
	for range 5_000 {
		var b strings.Builder
		for range r.IntN(30) {
			b.WriteString(pool[r.IntN(len(pool))])
		}
		s, width := b.String(), 1+r.IntN(20)
		got := Cut(s, width)
		switch {
		case TextWidth(got) > width:
			t.Fatalf("Cut(%q, %d) = %q takes %d columns", s, width, got, TextWidth(got))
		case !utf8.ValidString(got), strings.ContainsAny(got, "\x1b\n\u202e"):
			t.Fatalf("Cut(%q, %d) = %q", s, width, got)
		case strings.HasPrefix(got, " "), strings.HasSuffix(got, " "), strings.Contains(got, "  "):
			t.Fatalf("Cut(%q, %d) = %q has spare spaces", s, width, got)
		}
		if whole := Clean(s); TextWidth(whole) <= width && got != whole {
			t.Fatalf("Cut(%q, %d) = %q, though all of it fits: %q", s, width, got, whole)
		}
	}
}

func TestCutReadsNoMoreThanItShows(t *testing.T) {
	copied := func(n int) float64 {
		s := strings.Repeat("한글 text ", n)
		return testing.AllocsPerRun(5, func() { Cut(s, 20) })
	}
	if short, long := copied(1_000), copied(1_000_000); long > short {
		t.Errorf("12 KiB take %v allocations, 12 MiB %v", short, long)
	}
}

func TestTable(t *testing.T) {
	table := Table{
		Columns: []Column{{Title: "#", Right: true}, {Title: "id"}, {Title: "언어"}, {Title: "text", Flex: true}},
		Rows: [][]string{
			{"1", "ko-cook-001", "ko", "김치찌개는 잘 익은 김치로 끓여야 맛이 깊다."},
			{"10", "en-go-001", "en", "A goroutine\nis cheap."},
			{"11", "x"},
		},
	}
	for width, want := range map[int]string{
		60: "" +
			" #  id           언어  text\n" +
			"──  ───────────  ────  ─────────────────────────────────────\n" +
			" 1  ko-cook-001  ko    김치찌개는 잘 익은 김치로 끓여야 맛…\n" +
			"10  en-go-001    en    A goroutine is cheap.\n" +
			"11  x\n",
		20: "" +
			" #  id    언어  text\n" +
			"──  ────  ────  ────\n" +
			" 1  ko-…  ko    김…\n" +
			"10  en-…  en    A g…\n" +
			"11  x\n",
	} {
		table.Width = width
		var b bytes.Buffer
		if err := table.Write(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("width %d: got\n%s\nwant\n%s", width, b.String(), want)
		}
	}
	if err := table.Write(failing{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	var b bytes.Buffer
	if err := (Table{}).Write(&b); err != nil {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWidth(t *testing.T) {
	t.Setenv("COLUMNS", "")
	if got := Width(io.Discard); got != 80 {
		t.Errorf("got %d", got)
	}
	t.Setenv("COLUMNS", "123")
	if got := Width(io.Discard); got != 123 {
		t.Errorf("got %d", got)
	}
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if got := Width(file); got != 123 || IsTerminal(file) {
		t.Errorf("a file: got %d, terminal %v", got, IsTerminal(file))
	}
}

func TestStyle(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if got := styleFor(true).Bold("x"); got != "\x1b[1mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	if got := NewStyle(io.Discard).Dim("x"); got != "x" {
		t.Errorf("no terminal: got %q", got)
	}
	t.Setenv("NO_COLOR", "1")
	if got := styleFor(true).Bold("x"); got != "x" {
		t.Errorf("NO_COLOR: got %q", got)
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if got := styleFor(true).Bold("x"); got != "x" {
		t.Errorf("dumb: got %q", got)
	}
}

func TestProgressLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := NewProgress(&b, "importing 문서\x1b.jsonl", 10_000)
		for range 12 {
			time.Sleep(time.Second)
			p.Add(500)
		}
		p.SetDetail("3 rejected")
		time.Sleep(3 * time.Second)
		p.Add(4_000)
		p.Finish()
		p.Finish()
		p.Add(1)
		want := "" +
			"importing 문서.jsonl: 2,500 of 10,000 (25%), 500/s, 15s left\n" +
			"importing 문서.jsonl: 5,000 of 10,000 (50%), 500/s, 10s left\n" +
			"importing 문서.jsonl: 10,000 of 10,000 (100%), 666/s, 3 rejected\n" +
			"importing 문서.jsonl: 10,000 in 15s, 666/s\n"
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}

		b.Reset()
		p = NewProgress(&b, "stopped", 10)
		time.Sleep(6 * time.Second)
		p.Add(5)
		p.Finish()
		p = NewProgress(&b, "unknown", 0)
		time.Sleep(6 * time.Second)
		p.Add(5)
		p.Finish()
		want = "stopped: 5 of 10 (50%), 0.8/s, 6s left\nstopped: stopped at 5 of 10 in 6s, 0.8/s\n" +
			"unknown: 5, 0.8/s\nunknown: 5 in 6s, 0.8/s\n"
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	})
}

func TestProgressBar(t *testing.T) {
	for _, total := range []int64{1_000, 10, 0} {
		var b syncBuffer
		p := newProgress(&b, "가져오기", total, humanize.Comma, true)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 250 {
					p.Add(1)
				}
			})
		}
		wg.Wait()
		p.SetDetail("절반")
		time.Sleep(3 * redrawEvery)
		p.Finish()
		out := b.String()
		for _, want := range []string{"가져오기 [", "] 1,000", "절반", "\n가져오기: 1,000 in "} {
			if !strings.Contains(strings.ReplaceAll(out, "\x1b[J", "\n"), want) {
				t.Errorf("total %d: no %q in %q", total, want, out)
			}
		}
		if !strings.HasSuffix(out, "/s\n") {
			t.Errorf("total %d: ends with %q", total, out)
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestCleanLines(t *testing.T) {
	for s, want := range map[string]string{
		"":                                "",
		"한 줄":                             "한 줄",
		"a\n\n\tb  c \n":                  "a\n\n\tb c\n",
		"\x1b]0;title\x07x\r\n\x1b[2Jy":   "]0;titlex\n[2Jy",
		"  - item\n    more\u202e\xffend": "  - item\n    moreend",
	} {
		if got := CleanLines(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}
