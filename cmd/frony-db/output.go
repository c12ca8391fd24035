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

// checkedWriter remembers that a write failed, so that not every line that is
// printed needs to ask.
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

// Fd lets package term ask what it writes to.
func (c *checkedWriter) Fd() uintptr {
	if f, ok := c.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// printJSON prints one indented JSON value; Hangul stays readable.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// metadataLine shows metadata on one line.
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

// withCaret shows where in its input a syntax error is.
func withCaret(err error) error {
	p, ok := errors.AsType[*filter.ParseError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%w\n%s", err, p.Caret())
}
