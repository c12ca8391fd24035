package chunk

import (
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// Chunk is a piece of a document.
type Chunk struct {
	// Text is Header + doc[Start:End]: offsets are in bytes.
	Text       string
	Start, End int
	// Header is the header of a table that began in an earlier chunk and goes on in this
	// one, with its line breaks; else empty.
	Header string
	// Heading holds the headings above the chunk, outermost first: for a chunk under
	// "## Install" in "# Guide" it is ["Guide" "Install"]. Nil in plain text.
	Heading []string
	// Index is the number of the chunk in the document, from 0.
	Index int
}

// Format is the format of a document.
type Format int

// The formats that Split supports.
const (
	Plain Format = iota
	Markdown
)

// DefaultMaxTokens is a paragraph: chosen by measurement, see
// docs/decisions/0146-size-of-chunks.md. What surrounds a chunk, a search can add.
const DefaultMaxTokens = 128

// Options configure Split. The zero value splits plain text into chunks of
// DefaultMaxTokens, with an overlap of an eighth.
type Options struct {
	Format Format
	// MaxTokens is the maximum length of a chunk by Count; 0 means DefaultMaxTokens.
	MaxTokens int
	// Overlap is the maximum number of tokens at the end of a chunk that the next one
	// repeats, in whole sentences of the same section. Nil means MaxTokens/8.
	Overlap *int
	// Count counts the tokens of a text as the model does, including those that it
	// adds to every text: see embedder.Counter. Nil means Estimate. It should not
	// return less for a longer text. It is given what Embedded leaves of a text.
	Count func(string) int
}

// ErrOptions is returned by Validate.
var ErrOptions = errors.New("invalid chunk options")

// Validate reports every fault of the options at once. Split does not fail on them: it
// uses the nearest valid values.
func (o Options) Validate() error {
	var faults []error
	if o.Format != Plain && o.Format != Markdown {
		faults = append(faults, fmt.Errorf("%w: unknown format %d", ErrOptions, o.Format))
	}
	if o.MaxTokens < 0 {
		faults = append(faults, reason.For(ErrOptions, "{MaxTokens} is %d, want 0 or more", o.MaxTokens))
	}
	if d := o.withDefaults(); o.Overlap != nil && *o.Overlap > d.MaxTokens/2 {
		faults = append(faults, reason.For(ErrOptions, "{Overlap} is %d, more than half of {MaxTokens}, %d", *o.Overlap, d.MaxTokens))
	}
	if o.Overlap != nil && *o.Overlap < 0 {
		faults = append(faults, reason.For(ErrOptions, "{Overlap} is %d, want 0 or more", *o.Overlap))
	}
	return errors.Join(faults...)
}

// withDefaults returns a copy with the defaults filled in and invalid values replaced.
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

// Split splits a document into chunks. A document of only white space has none. The texts
// share the document's memory.
func Split(doc string, opts Options) []Chunk {
	s := &splitter{doc: doc, opts: opts.withDefaults()}
	count := s.opts.Count
	s.opts.Count = func(text string) int { return count(Embedded(text)) }
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
	fixed    int // tokens that every text has, such as a role and an end mark
	units    []unit
	sections [][]string // heading paths; sections[0] is nil, before any heading
	tables   []table
}

// table is the header of a table: its first line, and the one of dashes.
type table struct {
	start, end int
	tokens     int // without those that every text has
}

// unit is a stretch of text that is not split any further.
type unit struct {
	start, end int
	tokens     int // without those that every text has
	section    int
	heading    bool
	table      int // in tables, from 1, for a row below a header; else 0
}

// addUnit adds a stretch of text as one unit, or as several if it is too long. Blank text
// is skipped.
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
