package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// column is a column of a CSV table.
type column struct {
	name string
	role role
	kind Type // "" until it is inferred
	// inferred is set if kind is a guess, which messages should mention.
	inferred bool
}

// types that a header may name after a colon, as exports do: "year:int".
var types = []Type{String, Int, Float, Bool, List, JSON}

// columns determines the roles and types of the columns of a header.
func columns(header []string, opts *Options) ([]column, error) {
	out := make([]column, len(header))
	seen := map[string]bool{}
	for i, name := range header {
		c := &out[i]
		c.name = strings.TrimSpace(name)
		if strings.ContainsAny(c.name, "\r\n") { // of a cell with a line break
			c.name = strings.Join(strings.Fields(c.name), " ")
		}
		if colon := strings.LastIndexByte(c.name, ':'); colon > 0 {
			if t := Type(c.name[colon+1:]); slices.Contains(types, t) {
				c.name, c.kind = c.name[:colon], t
			}
		}
		if c.name == "" {
			c.name = fmt.Sprintf("column%d", i+1)
		}
		if seen[c.name] {
			return nil, fmt.Errorf("%w %q appears twice", ErrColumn, c.name)
		}
		seen[c.name] = true
		c.role = opts.role(c.name)
		if other := slices.IndexFunc(out[:i], func(o column) bool { return o.role == c.role }); other >= 0 && c.role.once() {
			return nil, fmt.Errorf("%w %q and column %q are for the same; name one of them (%s)", ErrColumn, out[other].name, c.name, c.role.flag())
		}
		if t, ok := opts.Types[c.name]; ok {
			c.kind = t
		}
		if c.role == roleOther && !opts.reads(c.name) {
			c.kind, c.role = "", roleIgnored
		}
	}
	for name := range opts.Types {
		if !seen[name] {
			return nil, fmt.Errorf("%w %q, whose type was set, is not among %q", ErrColumn, name, names(out))
		}
	}
	for _, name := range opts.Columns {
		if !seen[name] {
			return nil, fmt.Errorf("%w %q is not among %q", ErrColumn, name, names(out))
		}
	}
	has := func(r role) bool { return slices.ContainsFunc(out, func(c column) bool { return c.role == r }) }
	if !has(roleText) && !has(roleEmbedding) {
		hint := "name it with --text-field"
		if opts.Comma != 0 {
			hint += fmt.Sprintf(", or the separator with --comma if it is not %q", opts.Comma)
		}
		return nil, fmt.Errorf("%w %q for the text is not among %q; %s", ErrColumn, opts.textName(), names(out), hint)
	}
	return out, opts.checkNamed(names(out))
}

func names(columns []column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.name
	}
	return out
}

func isInt(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == s
}

func isFloat(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if strings.Trim(digits, "0123456789.eE+-") != "" || digits == "" || digits[0] < '0' || digits[0] > '9' ||
		len(digits) > 1 && digits[0] == '0' && digits[1] != '.' || !strings.ContainsAny(digits, ".eE") {
		return false
	}
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && !math.IsInf(f, 0)
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// put stores a cell in the record. An empty cell has no value.
func (c *column) put(rec *Record, meta *metadata, cell string) (err error) {
	if cell == "" || meta.opts.isNull(c.name, cell) {
		return nil
	}
	switch c.role {
	case roleIgnored:
	case roleID:
		rec.ID = cell
	case roleText:
		rec.Text = cell
	case roleTitle:
		rec.Title = cell
	case roleSource:
		rec.Source = cell
	case roleChunk:
		n, changed, err := wholeNumber(cell)
		if err != nil || n < 0 || n > math.MaxInt32 {
			return fmt.Errorf("column %q must be an integer from 0, not %q", c.name, clip(cell))
		}
		if changed {
			meta.note("column %q: numbers with a decimal point are read as integers", c.name)
		}
		rec.Chunk = int(n)
	case roleExpires:
		if rec.Expires, err = parseExpires(strings.TrimSpace(cell), meta.opts.Timezone); err != nil {
			return fmt.Errorf("column %q %w", c.name, err)
		}
	case roleEmbedding:
		dec := jsontext.NewDecoder(bytes.NewBufferString(cell))
		if rec.Embedding, err = readEmbedding(dec, c.name); err != nil {
			return fmt.Errorf("column %q: %w", c.name, explainJSON(err))
		}
	case roleMetadata:
		dec := jsontext.NewDecoder(bytes.NewBufferString(cell))
		if dec.PeekKind() != jsontext.KindBeginObject {
			return fmt.Errorf("column %q must hold JSON objects, not %q", c.name, clip(cell))
		}
		return c.json(dec, func() error { return meta.readObject(dec, "", 1) })
	default:
		return c.value(meta, cell)
	}
	return nil
}

// value stores a cell of metadata according to the column's type.
func (c *column) value(meta *metadata, cell string) error {
	if c.kind == Int || c.kind == Float || c.kind == Bool {
		switch {
		case strings.TrimSpace(cell) == "":
			return nil
		case usualNull(cell):
			meta.note("column %q: %q is read as no value", c.name, strings.TrimSpace(cell))
			return nil
		}
	}
	var v any
	var err error
	switch c.kind {
	case Int:
		n, changed, ierr := wholeNumber(strings.TrimSpace(cell))
		if v, err = n, ierr; changed {
			meta.note("column %q: numbers with a decimal point are read as integers", c.name)
		}
	case Float:
		var f float64
		if f, err = strconv.ParseFloat(strings.TrimSpace(cell), 64); math.IsInf(f, 0) || math.IsNaN(f) {
			err = strconv.ErrRange
		}
		v = f
	case Bool:
		v, err = strconv.ParseBool(strings.ToLower(strings.TrimSpace(cell)))
	case List, JSON:
		dec := jsontext.NewDecoder(bytes.NewBufferString(cell))
		if c.kind == List && dec.PeekKind() != jsontext.KindBeginArray {
			return fmt.Errorf("column %q must hold JSON arrays of strings, not %q", c.name, clip(cell))
		}
		return c.json(dec, func() error { return meta.readJSON(dec, c.name, 1) })
	default:
		v = cell
	}
	if err != nil {
		hint := ""
		if c.inferred {
			hint = ", which was inferred from the first rows; set the type of the column, such as string"
		}
		return fmt.Errorf("column %q: %q is not of type %s%s", c.name, clip(cell), c.kind, hint)
	}
	return meta.add(c.name, v)
}

// json calls read and checks that nothing follows the value.
func (c *column) json(dec *jsontext.Decoder, read func() error) error {
	if err := read(); err != nil {
		return fmt.Errorf("column %q: %w", c.name, explainJSON(err))
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("column %q: data follows the JSON value", c.name)
	}
	return nil
}
