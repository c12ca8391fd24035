package profile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	for _, p := range Known() {
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if p.Dims == 0 || p.Licence == "" {
			t.Errorf("%s: no dims or licence", p.Name)
		}
		got, ok := Find(strings.ToUpper(p.Name))
		if !ok || got.Name != p.Name {
			t.Errorf("%s: found %q, %t", p.Name, got.Name, ok)
		}
	}
	names := slices.Collect(func(yield func(string) bool) {
		for _, p := range Known() {
			if !yield(p.Name) {
				return
			}
		}
	})
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("%d names, %d of them different", len(names), n)
	}
	if _, ok := Find("acme/unknown"); ok {
		t.Error("found a model that is not in the table")
	}
}

func TestFrony(t *testing.T) {
	t.Parallel()
	p, ok := Find("FronyAI/frony-embed-tiny-ko-v1")
	if !ok || *p.QueryPrefix != "<Q>" || *p.PassagePrefix != "<P>" || p.Dims != 384 || p.HeadDims != 192 {
		t.Errorf("got %+v, %t", p, ok)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte("name: acme/embed\nquery_prefix: \"<Q>\"\npassage_prefix: \"\"\npooling: cls\nhead_dims: 64\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "acme/embed" || *p.QueryPrefix != "<Q>" || *p.PassagePrefix != "" || p.Pooling != "cls" || p.HeadDims != 64 {
		t.Errorf("got %+v", p)
	}
	if p, err := Parse([]byte("name: acme/embed\n")); err != nil || p.QueryPrefix != nil {
		t.Errorf("a prefix that is not set: got %v, %v, want nil", p.QueryPrefix, err)
	}
	for _, test := range []struct{ text, names string }{
		{"name: a\nquery_prefx: q\n", "query_prefx"},
		{"name: a\ndims: many\n", "dims"},
		{"name: [a\n", ""},
		{"pooling: max\n", "max"},
		{"runtime: gpu\n", "gpu"},
		{"runtime: remote\n", "provider"},
		{"provider: openai\n", "provider"},
		{"dims: 10\nhead_dims: 11\n", "head_dims"},
		{"max_tokens: -1\n", "max_tokens"},
	} {
		_, err := Parse([]byte(test.text))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), test.names) {
			t.Errorf("%q: got %v, want ErrInvalid that names %q", test.text, err, test.names)
		}
	}
	_, err = Parse([]byte("pooling: max\ndims: -3\nruntime: gpu\n"))
	for _, part := range []string{"max", "-3", "gpu"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want every fault, %q too", err, part)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "own.yaml")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	if err := os.WriteFile(path, []byte("pooling: sum"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrInvalid that names the file", err)
	}
}
