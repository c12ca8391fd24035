package keys_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/server/keys"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	secret := keys.Secret()
	if other := keys.Secret(); other == secret || len(secret) < 40 {
		t.Fatalf("secrets %q and %q", secret, other)
	}
	k, err := keys.New("web", keys.Read, []string{"notes", "메모"}, secret)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(k.String(), secret) {
		t.Fatal("the line holds the secret")
	}
	s, err := keys.Parse("# keys\n\n" + k.String() + " # the site\nops admin sha256:" + strings.Repeat("0", 64) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 2 {
		t.Fatalf("%d keys", s.Len())
	}
	got := s.Find(secret)
	if got == nil || got.String() != k.String() {
		t.Fatalf("found %v, want %v", got, k)
	}
	for _, wrong := range []string{"", secret[:len(secret)-1], secret + "a", strings.ToUpper(secret)} {
		if s.Find(wrong) != nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	if (*keys.Set)(nil).Find(secret) != nil {
		t.Error("a set without keys found one")
	}
}

func TestBoundRoundTrip(t *testing.T) {
	t.Parallel()
	secret := keys.Secret()
	for _, only := range [][]string{nil, {"notes", "where"}, {"where"}} {
		for _, where := range []string{`tenant = "a"`, `tag = "a # b" AND year > 2000`} {
			k, err := keys.New("app", keys.Write, only, secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := k.Bind(where); err != nil {
				t.Fatal(err)
			}
			s, err := keys.Parse(k.String() + "\nweb read sha256:" + strings.Repeat("0", 64) + " # where x = 1\n")
			if err != nil {
				t.Fatal(err)
			}
			got := s.Find(secret)
			if got.String() != k.String() || got.Where.String() != k.Where.String() || got.Whole() || !slices.Equal(got.Collections, only) {
				t.Errorf("%v, want %v", got, k)
			}
			if web := s.Keys()[1]; web.Where != nil {
				t.Errorf("a comment is a filter: %v", web)
			}
		}
	}
	k, err := keys.New("app", keys.Admin, nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Bind(`tenant = "a"`); !errors.Is(err, keys.ErrSyntax) || !strings.Contains(err.Error(), "admin") {
		t.Error(err)
	}
	for _, text := range []string{"a read sha256:" + strings.Repeat("ab", 32) + " where tenant =", "a admin sha256:" + strings.Repeat("ab", 32) + " where x = 1"} {
		if _, err := keys.Parse(text); !errors.Is(err, keys.ErrSyntax) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAllows(t *testing.T) {
	t.Parallel()
	k := &keys.Key{Name: "a", Role: keys.Write, Collections: []string{"notes"}}
	for _, c := range []struct {
		role       keys.Role
		collection string
		want       bool
	}{
		{keys.Read, "notes", true},
		{keys.Write, "notes", true},
		{keys.Admin, "notes", false},
		{keys.Read, "other", false},
		{keys.Read, "", true},
	} {
		if got := k.Allows(c.role, c.collection); got != c.want {
			t.Errorf("%v on %q: %v", c.role, c.collection, got)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	sum := "sha256:" + strings.Repeat("ab", 32)
	for _, text := range []string{
		"a read",
		"a reader " + sum,
		"a read " + sum + " b c",
		"a read sha256:12",
		"a read " + strings.Repeat("ab", 32),
		"a read " + sum + "00",
		"a read " + sum + " x,,y",
		"a read " + sum + "\na write " + sum,
	} {
		if _, err := keys.Parse(text); !errors.Is(err, keys.ErrSyntax) {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := keys.Parse("a read x\nb nothing " + sum)
	if err == nil || !strings.Contains(err.Error(), "line 1") || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("not every fault is reported: %v", err)
	}
	if _, err := keys.New("a", keys.Read, nil, "secret"); !errors.Is(err, keys.ErrWeak) {
		t.Errorf("a short secret: %v", err)
	}
}

// A line with a filter may have tabs and several spaces between its words, like any other.
func TestBoundWithTabs(t *testing.T) {
	t.Parallel()
	sum := "sha256:" + strings.Repeat("ab", 32)
	for _, collections := range []string{"", "notes", "where"} {
		for _, sep := range []string{" ", "  ", "\t", "\t \t"} {
			words := []string{"app", "write", sum, collections, "where", `tenant = "a"`}
			line := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), sep)
			s, err := keys.Parse(line + "\n")
			if err != nil {
				t.Errorf("%q: %v", line, err)
				continue
			}
			k := s.Keys()[0]
			if k.Where == nil || k.Where.String() != `tenant = "a"` || strings.Join(k.Collections, ",") != collections {
				t.Errorf("%q: %v", line, k)
			}
		}
	}
}
