package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// openPaths finds all files that the paths name.
func (im *Importer) openPaths(ctx context.Context, paths []string) (source.Reader, error) {
	o := im.o.Source
	o.Skipped = func(path, reason string) {
		im.count.skipped.Add(1)
		im.o.Log.Debug("skipped", "file", path, "reason", reason)
	}
	o.Unread = func(path string, err error) {
		im.count.unread.Add(1)
		fmt.Fprintf(im.o.Messages, "frony-db: %s: %v; it was not read\n", path, err)
	}
	o.Note = im.notes.add
	if !strings.Contains(strings.Join(paths, " "), rejectsEnding) {
		// The rejects of an earlier import may be in the same folder.
		o.Select = func(path string, _ source.Format, _ fs.FileInfo) bool { return !strings.HasSuffix(path, rejectsEnding) }
	}
	r, err := source.OpenAll(ctx, paths, &o)
	if err != nil {
		return nil, optionError(err)
	}
	return r, nil
}

func label(paths []string) string {
	if len(paths) == 1 {
		return "import " + paths[0]
	}
	return fmt.Sprintf("import of %d paths", len(paths))
}

// rejectsEnding is the suffix of files with rejected records.
const rejectsEnding = ".rejects.jsonl"

// RejectsName is the default name of the file for rejected records.
func RejectsName(paths []string) string {
	switch {
	case len(paths) > 1:
		return "import" + rejectsEnding
	case paths[0] == "-":
		return "stdin" + rejectsEnding
	}
	base := filepath.Base(filepath.Clean(paths[0]))
	if abs, err := filepath.Abs(base); err == nil && (base == "." || base == "..") {
		base = filepath.Base(abs)
	}
	name := strings.NewReplacer("*", "_", "?", "_", "[", "_", "]", "_", "{", "_", "}", "_").Replace(base)
	for _, ext := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, ext)
	}
	return strings.TrimSuffix(name, filepath.Ext(name)) + rejectsEnding
}

// optionError turns errors of options into usage errors.
func optionError(err error) error {
	switch {
	case errors.Is(err, source.ErrFormat):
		return usage.Errorf("%w (--format)", err)
	case errors.Is(err, source.ErrOptions), errors.Is(err, source.ErrEncoding):
		return usage.Wrap(err)
	}
	return err
}
