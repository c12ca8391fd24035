package tokenizer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tiny = `{"version":"1.0","added_tokens":[{"id":3,"content":"<Q>"}],"normalizer":null,
"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"post_processor":null,
"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-2],["a",-1.5]]}}`

// TestParseErrors: what isn't understood is refused by the name of its field.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		old, with string // what to replace in tiny
		field     string
		is        error
	}{
		{tiny, "", "file", ErrInvalid},
		{tiny, "[1]", "file", ErrInvalid},
		{tiny, tiny + "x", "file", ErrInvalid},
		{tiny, tiny[:len(tiny)-1], "file", ErrInvalid},
		{`"1.0"`, `"2.0"`, "version", ErrUnsupported},
		{`"model":`, `"m":`, "model", ErrInvalid},
		{`"Unigram"`, `"BPE"`, "model.type", ErrUnsupported},
		{`"vocab"`, `"v"`, "model.vocab", ErrInvalid},
		{`-1.5`, `"x"`, "model.vocab", ErrInvalid},
		{`"unk_id":0`, `"unk_id":null`, "model.unk_id", ErrUnsupported},
		{`"unk_id":0`, `"unk_id":3`, "model.unk_id", ErrInvalid},
		{`"id":3`, `"id":7`, "added_tokens[0]", ErrInvalid},
		{`"<Q>"`, `""`, "added_tokens[0]", ErrInvalid},
		{`"normalizer":null`, `"normalizer":{"type":"ByteLevel"}`, "normalizer.type", ErrUnsupported},
		{`"normalizer":null`, `"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"X"}]}`, "normalizer.normalizers[1].type", ErrUnsupported},
		{`"normalizer":null`, `"normalizer":{"type":"Precompiled"}`, "normalizer", ErrInvalid},
		{`"normalizer":null`, `"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}`, "normalizer.precompiled_charsmap", ErrInvalid},
		{`"normalizer":null`, `"normalizer":{"type":"Replace","pattern":{"Regex":"\\w+"},"content":""}`, "normalizer.pattern.Regex", ErrUnsupported},
		{`"normalizer":null`, `"normalizer":{"type":"Replace","pattern":{"Regex":"a*"},"content":""}`, "normalizer.pattern.Regex", ErrUnsupported},
		{`"normalizer":null`, `"normalizer":{"type":"Replace","pattern":{},"content":""}`, "normalizer.pattern", ErrInvalid},
		{`"Metaspace"`, `"Digits"`, "pre_tokenizer.type", ErrUnsupported},
		{`"replacement":"▁"`, `"replacement":"ab"`, "pre_tokenizer.replacement", ErrInvalid},
		{`"replacement":"▁"`, `"replacement":"▁","prepend_scheme":"x"`, "pre_tokenizer.prepend_scheme", ErrInvalid},
		{`"replacement":"▁"`, `"replacement":"▁","prepend_scheme":"first","add_prefix_space":false`, "pre_tokenizer", ErrInvalid},
		{`"post_processor":null`, `"post_processor":{"type":"ByteLevel"}`, "post_processor.type", ErrUnsupported},
		{`"post_processor":null`, `"post_processor":{"type":"BertProcessing","sep":["x",9],"cls":["y",1]}`, "post_processor", ErrInvalid},
		{`"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[]}`, "post_processor.single", ErrUnsupported},
		{`"post_processor":null`, `"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]}`, "post_processor.single[0]", ErrInvalid},
	} {
		_, err := Parse([]byte(strings.Replace(tiny, c.old, c.with, 1)))
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), "tokenizer: "+c.field+":") {
			t.Errorf("%.60s → %.60s: error %v, want %v of %s", c.old, c.with, err, c.is, c.field)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v of a file that isn't there", err)
	}
	if err := os.WriteFile(path, []byte(tiny), 0o600); err != nil {
		t.Fatal(err)
	}
	tok, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(tiny))
	if tok.Hash() != hex.EncodeToString(sum[:]) {
		t.Errorf("hash %s", tok.Hash())
	}
	if tok.VocabSize() != 4 {
		t.Errorf("VocabSize %d, want 4", tok.VocabSize())
	}
	for token, want := range map[string]int32{"<unk>": 0, "▁": 1, "a": 2, "<Q>": 3} {
		if id, ok := tok.TokenID(token); !ok || id != want {
			t.Errorf("TokenID(%q) = %d, %v, want %d", token, id, ok, want)
		}
	}
	for _, token := range []string{"", "b", "aa", "▁a", "\x00"} {
		if id, ok := tok.TokenID(token); ok {
			t.Errorf("TokenID(%q) = %d", token, id)
		}
	}
}

// FuzzParse: no file panics, and a file that is accepted encodes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(tiny))
	for _, name := range []string{"klue", "first"} {
		data := goldens().File(f, name)
		before, _, _ := bytes.Cut(data, []byte(`"vocab"`))
		f.Add(append(bytes.Clone(before), `"vocab":{"[UNK]":0,"[CLS]":1,"a":2,"##b":3}}}`...))
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		if tok, err := Parse(data); err == nil {
			tok.Encode("<Q> a가\u0301 ab ▁a\xff", true)
		}
	})
}
