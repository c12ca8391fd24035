package chunk

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ErrFrontMatter is returned by FrontMatter for invalid YAML, and for values that metadata
// cannot hold. It is a warning: see FrontMatter.
var ErrFrontMatter = errors.New("front matter")

// FrontMatter reads the YAML between two "---" lines at the start of a Markdown document,
// as written by Hugo, Jekyll and Obsidian. It returns the fields, and the offset at which
// the document itself begins: doc[body:]. Without front matter it returns nil and 0. Text
// between two rules is front matter only if it consists of YAML fields.
//
// Values are string, bool, int64, float64 and []string. Nested fields are flattened, with
// dots between the names. The elements of a list are kept as written. Null is omitted, and
// dates stay strings.
//
// Notes are often not quite YAML: a colon in a title, a tag with its #, a wiki link, a tab.
// Then the fields are read one by one, those that are not YAML as text, and the error,
// which wraps ErrFrontMatter, says what was wrong: meta and body are valid all the same.
// If the lines are no fields either, body is 0, and they count as text.
func FrontMatter(doc string) (meta map[string]any, body int, err error) {
	body = frontMatterEnd(doc)
	if body == 0 {
		return nil, 0, nil
	}
	_, inner, _ := strings.Cut(doc[:body], "\n")
	inner = inner[:strings.LastIndexByte(strings.TrimRight(inner, " \t\r\n"), '\n')+1]
	meta, ok, err := yamlFields(inner)
	switch {
	case err == nil && ok:
		return meta, body, nil
	case err == nil:
		return nil, 0, nil // text between two rules
	}
	err = fmt.Errorf("%w: %w", ErrFrontMatter, err)
	loose, all := looseFields(inner)
	if all {
		return loose, body, err
	}
	if !ok && !hasField(inner) {
		err = nil // text between two rules
	}
	return nil, 0, err
}

// yamlFields reads YAML, and reports whether it is a mapping or empty. The error may be
// about a value of the mapping.
func yamlFields(text string) (meta map[string]any, ok bool, err error) {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		return nil, false, err
	}
	meta = map[string]any{}
	if len(root.Content) == 0 {
		return meta, true, nil
	}
	top := root.Content[0]
	if top.Kind == yaml.ScalarNode && top.ShortTag() == "!!null" {
		return meta, true, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, false, nil
	}
	f := fields{meta: meta}
	err = f.mapping(top, "", 1)
	return meta, true, err
}

// bodyStart returns the offset at which the document itself begins.
func bodyStart(doc string) int {
	_, body, _ := FrontMatter(doc) // body is valid despite an error
	return body
}

// frontMatterEnd returns the end of the lines that look like front matter, or 0 if there
// are none.
func frontMatterEnd(doc string) int {
	end := 0
	for line := range strings.Lines(doc) {
		mark := strings.TrimRight(line, " \t\r\n")
		switch {
		case end == 0 && strings.TrimPrefix(mark, "\ufeff") != "---":
			return 0
		case end > 0 && (mark == "---" || mark == "..."):
			return end + len(line)
		}
		end += len(line)
	}
	return 0 // never closed, so it was a rule
}

// Limits far above any front matter written by hand. They stop a file made to exhaust
// memory (aliases of aliases).
const (
	maxFields     = 10000
	maxFieldDepth = 32
)

// fields collects YAML values under flat names.
type fields struct {
	meta map[string]any
	seen int
}

func (f *fields) mapping(n *yaml.Node, prefix string, depth int) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Value == "" {
			return fmt.Errorf("line %d: a field name must be text", key.Line+1)
		}
		if err := f.value(value, prefix+key.Value, depth); err != nil {
			return err
		}
	}
	return nil
}

func (f *fields) value(n *yaml.Node, name string, depth int) error {
	if f.seen++; f.seen > maxFields || depth > maxFieldDepth {
		return fmt.Errorf("line %d: more than %d fields, or deeper than %d", n.Line+1, maxFields, maxFieldDepth)
	}
	var v any
	var err error
	switch n.Kind {
	case yaml.AliasNode:
		return f.value(n.Alias, name, depth+1)
	case yaml.MappingNode:
		return f.mapping(n, name+".", depth+1)
	case yaml.SequenceNode:
		v, err = list(n, name)
	default:
		v, err = scalar(n, name)
	}
	if err != nil || v == nil {
		return err
	}
	if _, ok := f.meta[name]; ok {
		return fmt.Errorf("line %d: field %q occurs twice", n.Line+1, name)
	}
	f.meta[name] = v
	return nil
}

// list keeps the elements as written, so that [2024, go] is a list of two strings.
func list(n *yaml.Node, name string) ([]string, error) {
	out := make([]string, 0, len(n.Content))
	for _, e := range n.Content {
		if e.Kind == yaml.AliasNode {
			e = e.Alias
		}
		if e.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: field %q: a list may only hold single values", e.Line+1, name)
		}
		out = append(out, e.Value)
	}
	return out, nil
}

func scalar(n *yaml.Node, name string) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return b, err
	case "!!int", "!!float":
		if n.ShortTag() == "!!float" && strings.ContainsAny(n.Value, ".eE") {
			return float(n, name)
		}
		i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: field %q: integer %.40s is beyond 64 bits; put it in quotes", n.Line+1, name, n.Value)
		}
		return i, nil
	}
	return n.Value, nil
}

func float(n *yaml.Node, name string) (any, error) {
	var x float64
	if err := n.Decode(&x); err != nil {
		return nil, fmt.Errorf("line %d: field %q: %w", n.Line+1, name, err)
	}
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return n.Value, nil
	}
	return x, nil
}
