package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// checkedWriter remembers the first failed write, so that callers need not check
// every line they print.
type checkedWriter struct {
	w      io.Writer
	failed error
}

// Write implements io.Writer.
func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil && c.failed == nil {
		c.failed = err
	}
	return n, err
}

// Fd lets package term find out whether this is a terminal.
func (c *checkedWriter) Fd() uintptr {
	if f, ok := c.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// printJSON prints a value as indented JSON, without escaping HTML.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// metadataLine formats metadata on one line.
func metadataLine(m db.Metadata) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		if t, ok := v.(time.Time); ok {
			v = t.Format(time.RFC3339)
		}
		parts = append(parts, fmt.Sprintf("%s=%v", k, v))
	}
	return strings.Join(parts, " ")
}

// withCaret adds a line that points at a syntax error.
func withCaret(err error) error {
	p, ok := errors.AsType[*filter.ParseError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%w\n%s", err, p.Caret())
}
