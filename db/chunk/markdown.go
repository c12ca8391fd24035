package chunk

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// blockParser finds the blocks of CommonMark. It does not parse the text in them, which
// does not matter to where a document is split.
var blockParser = parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))

// fullParser reads the text of headings.
var fullParser = goldmark.DefaultParser()

// block is a run of whole lines of one kind.
type block struct {
	start int
	kind  blockKind
	table bool   // with a header
	level int    // of a heading
	title string // of a heading
}

type blockKind int

const (
	prose   blockKind = iota // split between sentences
	rows                     // split between lines
	code                     // whole, if it fits
	heading                  // starts a section
)

// markdown splits the document into units by its headings and blocks.
func (s *splitter) markdown() {
	begin := bodyStart(s.doc)
	s.sections = [][]string{nil}
	if nestsTooDeep(s.doc) {
		s.plain(begin, len(s.doc))
		return
	}
	blocks := s.blocks(begin)
	if len(blocks) == 0 || blocks[0].start > begin {
		// Text outside any block, such as link definitions, counts too.
		s.plain(begin, s.blockEnd(blocks, -1))
	}
	var path []string // headings by level, "" for a skipped level
	for i, b := range blocks {
		end := s.blockEnd(blocks, i)
		switch b.kind {
		case heading:
			for len(path) < b.level {
				path = append(path, "")
			}
			path = append(path[:b.level-1], b.title)
			s.section(path)
			n := len(s.units)
			s.addUnit(b.start, end)
			for ; n < len(s.units); n++ {
				s.units[n].heading = true
			}
		case code:
			if a, z := s.trim(b.start, end); s.opts.Count(s.doc[a:z]) <= s.opts.MaxTokens {
				s.addUnit(a, z)
			} else {
				s.rows(b.start, end)
			}
		case rows:
			n := len(s.units)
			s.rows(b.start, end)
			if b.table {
				s.table(b.start, end, n)
			}
		default:
			s.plain(b.start, end)
		}
	}
}

// blockEnd returns where block i ends: where the next begins.
func (s *splitter) blockEnd(blocks []block, i int) int {
	if i+1 < len(blocks) {
		return blocks[i+1].start
	}
	return len(s.doc)
}

// section starts a section under the headings of path.
func (s *splitter) section(path []string) {
	var titles []string
	for _, t := range path {
		if t != "" {
			titles = append(titles, t)
		}
	}
	s.sections = append(s.sections, titles)
}

// table marks the units from n on as rows below the header of a table, which chunks that
// begin with them repeat, unless it takes more than half of their tokens.
func (s *splitter) table(start, end, n int) {
	first := strings.IndexByte(s.doc[start:end], '\n') + 1
	second := strings.IndexByte(s.doc[start+first:end], '\n') + 1
	if first == 0 || second == 0 {
		return // no rows
	}
	t := table{start: start, end: start + first + second}
	if t.tokens = s.opts.Count(s.doc[t.start:t.end]) - s.fixed; t.tokens > s.opts.MaxTokens/2 {
		return
	}
	s.tables = append(s.tables, t)
	for ; n < len(s.units); n++ {
		if s.units[n].start >= t.end {
			s.units[n].table = len(s.tables)
		}
	}
}

// rows splits doc[start:end] between lines.
func (s *splitter) rows(start, end int) {
	for line := range strings.Lines(s.doc[start:end]) {
		s.addUnit(start, start+len(line))
		start += len(line)
	}
}

// blocks lists the leaf blocks of the document from begin on, each starting at the
// beginning of its first line.
func (s *splitter) blocks(begin int) []block {
	source := []byte(s.doc[begin:])
	root := blockParser.Parse(text.NewReader(source))
	var out []block
	// Walk never fails, because the function returns no error.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Type() == ast.TypeDocument {
			return ast.WalkContinue, nil
		}
		if n.Type() == ast.TypeInline {
			return ast.WalkSkipChildren, nil
		}
		b := block{start: n.Pos()}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Parent() == root { // a heading in a quotation starts no section
				b.kind, b.level, b.title = heading, n.Level, title(n, source)
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			b.kind = code
		case *ast.HTMLBlock:
			b.kind = rows
		case *ast.Paragraph, *ast.TextBlock:
			if isTable(n, source) {
				b.kind, b.table = rows, true
			}
		default:
			return ast.WalkContinue, nil // a list, a quotation, a rule
		}
		if b.start < 0 {
			return ast.WalkSkipChildren, nil // an empty block has no position
		}
		b.start = begin + bytes.LastIndexByte(source[:min(b.start, len(source))], '\n') + 1
		// If two blocks begin in one line ("- - a"), the first gets it.
		if len(out) == 0 || b.start > out[len(out)-1].start {
			out = append(out, b)
		}
		return ast.WalkSkipChildren, nil
	})
	return out
}

// isTable reports whether a paragraph is a table in GitHub's Markdown: its second line
// consists of dashes and bars.
func isTable(n ast.Node, source []byte) bool {
	lines := n.Lines()
	if lines.Len() < 2 {
		return false
	}
	segment := lines.At(1)
	second := bytes.TrimSpace(segment.Value(source))
	return bytes.ContainsRune(second, '|') && len(bytes.Trim(second, "|-: \t")) == 0
}

// title returns a heading's text without markup.
func title(n *ast.Heading, source []byte) string {
	var raw []byte
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		raw = append(raw, segment.Value(source)...)
	}
	root := fullParser.Parse(text.NewReader(raw))
	var out strings.Builder
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			out.Write(n.Segment.Value(raw))
			if n.SoftLineBreak() || n.HardLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(n.Value)
		case *ast.AutoLink:
			out.Write(n.Label(raw))
		}
		return ast.WalkContinue, nil
	})
	if out.Len() == 0 { // the text parses as another kind of block: "1."
		return string(bytes.TrimSpace(raw))
	}
	return strings.TrimSpace(out.String())
}

// maxNesting is the maximum number of lists and quotations that a line may open. The
// parser's time is quadratic in that number: it took two minutes for 262,144 times "1. ".
const maxNesting = 100

// nestsTooDeep reports whether a line opens more than maxNesting blocks.
func nestsTooDeep(doc string) bool {
	for line := range strings.Lines(doc) {
		depth := 0
		for rest := line; len(rest) > 2*(maxNesting-depth); depth++ {
			rest = strings.TrimLeft(rest, " \t")
			marker := strings.TrimLeft(rest, "0123456789")
			if len(marker) < 2 || !strings.ContainsRune(">-+*.)", rune(marker[0])) {
				break
			}
			if depth == maxNesting {
				return true
			}
			rest = marker[1:]
		}
	}
	return false
}

// Title returns the text of the first level 1 heading of a Markdown document, or "".
func Title(doc string) string {
	if nestsTooDeep(doc) {
		return ""
	}
	s := &splitter{doc: doc}
	for _, b := range s.blocks(bodyStart(doc)) {
		if b.kind == heading && b.level == 1 {
			return b.title
		}
	}
	return ""
}
