package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRectangles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lengths []int
		want    string
	}{
		{nil, "[]"},
		{[]int{3}, "[[0]]"},
		{[]int{10, 500, 12, 490}, "[[1 3] [2 0]]"},
		{[]int{9000, 9000}, "[[0] [1]]"},
		{slices.Repeat([]int{2048}, 5), "[[0 1] [2 3] [4]]"},
	} {
		var ids [][]int32
		for _, n := range test.lengths {
			ids = append(ids, make([]int32, n))
		}
		if got := fmt.Sprint(rectangles(ids)); got != test.want {
			t.Errorf("%v: got %s, want %s", test.lengths, got, test.want)
		}
	}
}

func TestFindLibrary(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(libraryEnv, filepath.Join(dir, "absent.so"))
	if _, err := findLibrary(""); !errors.Is(err, ErrLibrary) || !strings.Contains(err.Error(), libraryEnv) {
		t.Errorf("got %v, want ErrLibrary that names the variable", err)
	}
	there := filepath.Join(dir, "there.so")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := findLibrary(there); err != nil || got != there {
		t.Errorf("got %q, %v, want what was given, before the variable", got, err)
	}
	t.Setenv(libraryEnv, there)
	if got, err := findLibrary(""); err != nil || got != there {
		t.Errorf("got %q, %v, want what the variable says", got, err)
	}
}
