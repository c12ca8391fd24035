package chunk

import (
	"errors"
	"fmt"
)

// Chunk is a piece of a document.
type Chunk struct {
	// Text is doc[Start:End]: offsets are in bytes.
	Text       string
	Start, End int
	// Heading holds the headings above the chunk, from the top: for a chunk under
	// "## Install" of "# Guide" it is ["Guide" "Install"]. Nil in plain text.
	Heading []string
	// Index counts the chunks of the document from 0.
	Index int
}

// Format is how a document is written.
type Format int

// The formats that Split knows.
const (
	Plain Format = iota
	Markdown
)

// DefaultMaxTokens fits every model in use and is about a paragraph or two: a
// piece that answers one question.
const DefaultMaxTokens = 256

// Options say how to cut. The zero value is the default: plain text in chunks of
// DefaultMaxTokens, an eighth of it repeated.
type Options struct {
	Format Format
	// MaxTokens is the longest chunk by Count, DefaultMaxTokens if 0.
	MaxTokens int
	// Overlap is how many tokens of a chunk's end the next one repeats, at most:
	// whole sentences, within a section only. Nil means MaxTokens/8.
	Overlap *int
	// Count counts the tokens of a text as the model at hand does, those that it
	// adds to every text included: see embedder.Counter. Nil takes Estimate. It
	// should not give less for a longer text.
	Count func(string) int
}

// ErrOptions is returned by Validate.
var ErrOptions = errors.New("invalid chunk options")

// Validate reports every fault of the options. Split does not fail on them: it
// takes the nearest that works.
func (o Options) Validate() error {
	var faults []error
	if o.Format != Plain && o.Format != Markdown {
		faults = append(faults, fmt.Errorf("%w: unknown format %d", ErrOptions, o.Format))
	}
	if o.MaxTokens < 0 {
		faults = append(faults, fmt.Errorf("%w: MaxTokens %d is negative", ErrOptions, o.MaxTokens))
	}
	if d := o.withDefaults(); o.Overlap != nil && *o.Overlap > d.MaxTokens/2 {
		faults = append(faults, fmt.Errorf("%w: Overlap %d is more than half of MaxTokens %d", ErrOptions, *o.Overlap, d.MaxTokens))
	}
	if o.Overlap != nil && *o.Overlap < 0 {
		faults = append(faults, fmt.Errorf("%w: Overlap %d is negative", ErrOptions, *o.Overlap))
	}
	return errors.Join(faults...)
}

func (o Options) withDefaults() Options {
	if o.MaxTokens <= 0 {
		o.MaxTokens = DefaultMaxTokens
	}
	overlap := o.MaxTokens / 8
	if o.Overlap != nil {
		overlap = *o.Overlap
	}
	o.Overlap = new(min(max(overlap, 0), o.MaxTokens/2))
	if o.Count == nil {
		o.Count = Estimate
	}
	return o
}

// Split cuts a document. A document of white space only has no chunks. The
// texts share the document's memory.
func Split(doc string, opts Options) []Chunk {
	s := &splitter{doc: doc, opts: opts.withDefaults()}
	s.fixed = s.opts.Count("")
	if opts.Format == Markdown {
		s.markdown()
	} else {
		s.plain(0, len(doc))
	}
	return s.pack()
}

// splitter is one call of Split.
type splitter struct {
	doc      string
	opts     Options
	fixed    int // tokens that every text has: a role, an end mark
	units    []unit
	sections [][]string // heading paths; sections[0] is nil, before any heading
}

// unit is what is not cut any further.
type unit struct {
	start, end int
	tokens     int // but for those that every text has
	section    int
	heading    bool
}

// addUnit adds a unit that may need cutting, unless it is blank.
func (s *splitter) addUnit(start, end int) {
	if start, end = s.trim(start, end); start == end {
		return
	}
	if n := s.opts.Count(s.doc[start:end]); n <= s.opts.MaxTokens {
		s.push(start, end, n)
		return
	}
	for start < end {
		stop := s.fit(start, end)
		if a, b := s.trim(start, stop); a < b {
			s.push(a, b, s.opts.Count(s.doc[a:b]))
		}
		start = stop
	}
}

func (s *splitter) push(start, end, tokens int) {
	s.units = append(s.units, unit{start: start, end: end, tokens: tokens - s.fixed, section: max(0, len(s.sections)-1)})
}
