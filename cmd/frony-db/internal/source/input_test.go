package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

const sampleJSONL = `{"id":"a","text":"안녕하세요, 검색은 두 단계로 이루어집니다."}` + "\n" + `{"id":"b","text":"second"}` + "\n"

func TestEncodings(t *testing.T) {
	utf16 := func(e unicode.Endianness, bom unicode.BOMPolicy) []byte {
		b, err := unicode.UTF16(e, bom).NewEncoder().Bytes([]byte(sampleJSONL))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	cp949, err := korean.EUCKR.NewEncoder().Bytes([]byte(sampleJSONL))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		content []byte
		named   string
	}{
		{"UTF-8", []byte(sampleJSONL), "UTF-8"},
		{"UTF-8 with mark", append([]byte("\ufeff"), sampleJSONL...), "utf8"},
		{"UTF-16LE with mark", utf16(unicode.LittleEndian, unicode.UseBOM), "UTF-16LE"},
		{"UTF-16BE with mark", utf16(unicode.BigEndian, unicode.UseBOM), "utf-16be"},
		{"UTF-16BE with mark, named the other", utf16(unicode.BigEndian, unicode.UseBOM), "utf-16"},
		{"UTF-16LE", utf16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le"},
		{"UTF-16BE", utf16(unicode.BigEndian, unicode.IgnoreBOM), "utf16be"},
		{"CP949", cp949, "euc-kr"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, encoding := range []string{"", tc.named} {
				for _, content := range [][]byte{tc.content, gz(t, tc.content), zst(t, tc.content)} {
					got := readBytes(t, "in.jsonl", content, &Options{Encoding: encoding})
					if got.ids() != "a b" || !strings.HasPrefix(got.records[0].Text, "안녕하세요, 검색은") {
						t.Errorf("encoding %q: %+v", encoding, got)
					}
				}
			}
		})
	}
	t.Run("CP949 behind the sample", func(t *testing.T) {
		in := append(bytes.Repeat([]byte(`{"text":"ascii"}`+"\n"), sampleSize/16), cp949...)
		got := readBytes(t, "in.jsonl", in, nil)
		if len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "if the file has another encoding, name it") {
			t.Errorf("rejects %v", got.rejects)
		}
		if got := readBytes(t, "in.jsonl", in, &Options{Encoding: "cp949"}); len(got.rejects) != 0 {
			t.Errorf("named: rejects %v", got.rejects)
		}
	})
	t.Run("CP949 through a pipe", func(t *testing.T) {
		for n := range len(cp949) { // the first read ends anywhere behind the first syllables
			if n < 30 {
				continue
			}
			in := io.MultiReader(bytes.NewReader(cp949[:n]), bytes.NewReader(cp949[n:]))
			if got := readAll(t, "-", &Options{Stdin: in}); got.ids() != "a b" {
				t.Fatalf("cut behind %d bytes: %+v", n, got)
			}
		}
	})
	t.Run("bad bytes", func(t *testing.T) {
		in := append(bytes.Clone(cp949), "{\"text\":\"\xb0\x20\"}\n"...)
		got := readBytes(t, "in.jsonl", in, &Options{Encoding: "cp949"})
		if got.ids() != "a b" || len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "not valid cp949") {
			t.Errorf("CP949: %+v", got)
		}
		odd := append(utf16(unicode.LittleEndian, unicode.UseBOM), '{')
		got = readBytes(t, "in.jsonl", odd, nil)
		if got.ids() != "a b" || len(got.rejects) != 1 {
			t.Errorf("half a UTF-16 unit: %+v", got)
		}
	})
	t.Run("one bad byte does not make CP949", func(t *testing.T) {
		in := "{\"text\":\"가\xff나다\"}\n" + sampleJSONL
		got := readBytes(t, "in.jsonl", []byte(in), nil)
		if got.ids() != "a b" || len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "not valid UTF-8") {
			t.Errorf("%+v", got)
		}
	})
}

func TestDamagedCompression(t *testing.T) {
	long := []byte(strings.Repeat(sampleJSONL, 5000))
	for _, tc := range []struct {
		name    string
		content []byte
		want    error
		some    bool // records were read before
	}{
		{"gz cut short", gz(t, long)[:len(gz(t, long))/2], ErrTruncated, true},
		{"gz without its end", gz(t, long)[:len(gz(t, long))-4], ErrTruncated, true},
		{"gz header only", gz(t, long)[:5], ErrTruncated, false},
		{"zst cut short", zst(t, long)[:len(zst(t, long))-3], ErrTruncated, true},
		{"zst header only", zst(t, long)[:5], ErrTruncated, false},
		{"gz with a wrong checksum", flip(gz(t, long), -6), ErrCorrupt, true},
		{"zst with a wrong checksum", flip(zst(t, long), -1), ErrCorrupt, true},
		{"gz with something behind", append(gz(t, long), "hello, world, this is not gzip"...), ErrCorrupt, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := readBytes(t, "in.jsonl.gz", tc.content, nil)
			if len(got.files) != 1 || !errors.Is(got.files[0], tc.want) || len(got.rejects) != 0 {
				t.Fatalf("files %v, rejects %v", got.files, got.rejects)
			}
			if tc.some != (len(got.records) > 0) || tc.some != (got.files[0].Line > 0) {
				t.Errorf("%d records; %v", len(got.records), got.files[0])
			}
		})
	}
	both := append(gz(t, []byte(sampleJSONL)), gz(t, []byte(sampleJSONL))...)
	if got := readBytes(t, "in.jsonl", both, nil); got.ids() != "a b a b" {
		t.Errorf("two gzip streams: %+v", got)
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[len(b)+at] ^= 0xff
	return b
}

// FuzzInput tests all layers together: any input ends, with documented errors only,
// which readAll checks.
func FuzzInput(f *testing.F) {
	for i, content := range [][]byte{[]byte(sampleJSONL), []byte("id,text\n1,a\n"), []byte("---\na: b\n---\n# T\n")} {
		f.Add(content, uint8(i))
		f.Add(gz(f, content), uint8(i))
		f.Add(zst(f, content), uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, format uint8) {
		formats := []Format{JSONL, CSV, TSV, Markdown, Text}
		out := readAll(t, "-", &Options{
			Stdin: bytes.NewReader(in), Format: formats[int(format)%len(formats)], MaxRecord: 1 << 12,
		})
		for _, r := range out.records {
			if strings.ToValidUTF8(r.Text, "") != r.Text {
				t.Errorf("text is not UTF-8: %q", r.Text)
			}
		}
	})
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	outside := write(t, t.TempDir(), "secret.md", []byte("outside"))
	for name, content := range map[string]string{
		"b.md": "---\ntitle: 제목\nyear: 2024\n---\n\n# Heading\n\nBody.", "a/guide.md": "# Guide\n\nText.", "a/notes.txt": "notes",
		"a/data.jsonl": sampleJSONL, ".hidden.md": "hidden", ".git/x.md": "hidden", "image.png": "\x89PNG",
		"empty.md": " \n", "binary.txt": "a\x00b", "z.csv": "id,text\nc,row\n", "front.md": "---\na: [\n---\ntext", // not YAML
	} {
		write(t, dir, name, []byte(content))
	}
	link := func(to, name string) {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link(outside, "out.md")
	link("a", "loop")
	link("b.md", "in.md")
	link("nowhere", "dangling.md")
	var skipped, found []string
	opts := &Options{Prefix: "kb/", Note: func(n Note) { found = append(found, n.String()) }, Skipped: func(path, reason string) { skipped = append(skipped, path+": "+reason) }}
	got := readAll(t, dir, opts)
	if want := "kb/a/guide.md kb/a/notes.txt a b kb/b.md kb/front.md kb/in.md c"; got.ids() != strings.Replace(want, "kb/a/guide.md kb/a/notes.txt a b", "a b kb/a/guide.md kb/a/notes.txt", 1) {
		t.Errorf("ids %q", got.ids())
	}
	i := slices.IndexFunc(got.records, func(r Record) bool { return r.ID == "kb/b.md" })
	if r := got.records[i]; r.Title != "제목" || r.Source != "kb/b.md" || r.File != "b.md" || r.Line != 5 || r.Text != "\n# Heading\n\nBody." ||
		!reflect.DeepEqual(r.Metadata, map[string]any{"title": "제목", "year": int64(2024)}) {
		t.Errorf("%+v", r)
	}
	i = slices.IndexFunc(got.records, func(r Record) bool { return r.ID == "kb/a/guide.md" })
	if r := got.records[i]; r.Title != "Guide" {
		t.Errorf("%+v", r)
	}
	reasons := map[string]string{}
	for _, r := range got.rejects {
		reasons[r.File] = r.Reason
	}
	for file, reason := range map[string]string{"empty.md": "is empty", "binary.txt": "byte 1 is zero"} {
		if !strings.Contains(reasons[file], reason) {
			t.Errorf("%s: %q, want %q", file, reasons[file], reason)
		}
	}
	if len(found) != 1 || !strings.HasPrefix(found[0], "front.md: front matter") {
		t.Errorf("notes %q", found)
	}
	all := strings.Join(skipped, "\n")
	for _, want := range []string{
		".hidden.md: hidden", ".git: hidden", "image.png: no known", "out.md: a link that leads out",
		"loop: a link to a folder", "dangling.md: ",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("skipped:\n%s\nwant %q", all, want)
		}
	}

	glob := readAll(t, filepath.Join(dir, "a", "*.{md,txt}"), nil)
	if glob.ids() != "guide.md notes.txt" {
		t.Errorf("glob: %q", glob.ids())
	}
	deep := readAll(t, filepath.Join(dir, "**", "guide.md"), nil)
	if deep.ids() != "a/guide.md" {
		t.Errorf("deep glob: %q", deep.ids())
	}
	r, err := Open(t.Context(), filepath.Join(dir, "**", "*.jsonl"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Size() != int64(len(sampleJSONL)) || r.BytesRead() != 0 {
		t.Errorf("size %d, read %d", r.Size(), r.BytesRead())
	}
	for err == nil {
		_, err = r.Next()
	}
	if r.BytesRead() != r.Size() {
		t.Errorf("read %d of %d", r.BytesRead(), r.Size())
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
}

func TestDocumentLimit(t *testing.T) {
	got := readBytes(t, "in.txt", bytes.Repeat([]byte("가"), 1000), &Options{MaxRecord: 2000})
	if len(got.rejects) != 1 || !strings.Contains(got.rejects[0].Reason, "exceeds the limit of 2000") || len(got.rejects[0].Raw) == 0 {
		t.Errorf("%+v", got)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.pptx", []byte("x"))
	for _, tc := range []struct {
		path string
		opts *Options
		want error
	}{
		{filepath.Join(dir, "none.jsonl"), nil, fs.ErrNotExist},
		{filepath.Join(dir, "a.pptx"), nil, ErrFormat},
		{dir, nil, ErrNoFiles},
		{filepath.Join(dir, "*.md"), nil, ErrNoFiles},
		{filepath.Join(dir, "["), nil, ErrNoFiles},
		{"-", &Options{Format: "xml"}, ErrFormat},
		{"-", &Options{Encoding: "latin-1"}, ErrEncoding},
		{"-", &Options{MaxRecord: -1}, ErrOptions},
		{"-", &Options{MaxRaw: -1}, ErrOptions},
		{"-", &Options{Comma: '"'}, ErrOptions},
		{"-", &Options{Types: map[string]Type{"a": "date"}}, ErrOptions},
	} {
		if _, err := Open(t.Context(), tc.path, tc.opts); !errors.Is(err, tc.want) {
			t.Errorf("Open(%q, %+v): %v, want %v", filepath.Base(tc.path), tc.opts, err, tc.want)
		}
	}
	_, err := Open(t.Context(), "-", &Options{Encoding: "x", MaxRecord: -1, MaxRaw: -1})
	if !errors.Is(err, ErrEncoding) || !strings.Contains(err.Error(), "MaxRecord") || !strings.Contains(err.Error(), "MaxRaw") {
		t.Errorf("not every fault is told: %v", err)
	}
}

// TestCancelWhileWaiting: a read that waits for another program ends with the
// context.
func TestCancelWhileWaiting(t *testing.T) {
	in, out := io.Pipe()
	defer func() { _ = out.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Open(ctx, "-", &Options{Stdin: in})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = out.Write([]byte(sampleJSONL))
		time.Sleep(10 * time.Millisecond)
		cancel()
	}()
	var ids []string
	for {
		rec, err := r.Next()
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Next: %v", err)
			}
			break
		}
		ids = append(ids, rec.ID)
	}
	if len(ids) != 2 {
		t.Errorf("read %q before", ids)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
