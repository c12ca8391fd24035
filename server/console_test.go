package server_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestConsole(t *testing.T) {
	t.Parallel()
	b := keyed(t, nil)
	b.key = "" // the page itself asks for the key
	status, page, h := b.do("GET", "/", "")
	if status != 200 || !strings.Contains(page, "<title>frony-db") || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		t.Fatal(status, h)
	}
	if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
		t.Error(csp)
	}
	refs := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(refs) < 3 {
		t.Fatal(refs)
	}
	for _, ref := range refs {
		if status, got, h := b.do("GET", ref[1], ""); status != 200 || got == "" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", ref[1], status, h)
		}
	}
	if status, _, _ := b.do("GET", "/", "", "If-None-Match", h.Get("ETag")); status != 304 {
		t.Error(status)
	}
	b.refused(404, "no_route", "GET", "/console/", "")
	b.refused(404, "no_route", "GET", "/console/..%2fconsole.go", "")
}

// The page requests nothing from other hosts, runs no text as code, and has all texts
// in both languages.
func TestConsoleSources(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("console/*")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(src), "http://www.w3.org/2000/svg", "")
		for _, never := range []string{"http://", "https://", "innerHTML", "insertAdjacentHTML", "eval(", " style=", " onclick="} {
			if strings.Contains(text, never) {
				t.Errorf("%s has %q", f, never)
			}
		}
		if filepath.Base(f) != "words.js" {
			continue
		}
		en, ko, ok := strings.Cut(text, "  ko: {")
		if !ok {
			t.Fatal("words.js has no Korean")
		}
		names := func(s string) (list []string) {
			for _, m := range regexp.MustCompile(`([\w -]+)"?: "`).FindAllStringSubmatch(s, -1) {
				list = append(list, m[1])
			}
			slices.Sort(list)
			return list
		}
		if a, b := names(en), names(ko); !slices.Equal(a, b) || len(a) < 30 {
			t.Errorf("the languages differ in their keys:\n%v\n%v", a, b)
		}
	}
}
