package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kinds of formats: records with fields, tables with a header whose cells have no types,
// and files that are one document.
var (
	records   = []Format{JSONL, CSV, TSV, Parquet, XLSX}
	grids     = []Format{CSV, TSV, XLSX}
	documents = []Format{Markdown, DOCX, HWPX, HTML, Text}
)

// appliesTo are the formats to which an option applies.
var appliesTo = []struct {
	flag    string
	set     func(*Options) bool
	formats []Format
}{
	{"encoding", func(o *Options) bool { return o.Encoding != "" }, []Format{JSONL, CSV, TSV, Markdown, HTML, Text}},
	{"id-field", func(o *Options) bool { return o.ID != "" }, records},
	{"text-field", func(o *Options) bool { return o.Text != "" }, records},
	{"title-field", func(o *Options) bool { return o.Title != "" }, records},
	{"embedding-field", func(o *Options) bool { return o.Embedding != "" }, records},
	{"expires-field", func(o *Options) bool { return o.Expires != "" }, records},
	{"prefix", func(o *Options) bool { return o.Prefix != "" }, documents},
	{"comma", func(o *Options) bool { return o.Comma != 0 }, []Format{CSV, TSV}},
	{"header", func(o *Options) bool { return o.Header != nil }, grids},
	{"skip-rows", func(o *Options) bool { return o.SkipRows != 0 }, grids},
	{"sheet", func(o *Options) bool { return o.Sheet != "" }, []Format{XLSX}},
	{"quote", func(o *Options) bool { return o.Quote != QuoteAuto }, []Format{CSV, TSV}},
	{"type", func(o *Options) bool { return o.Types != nil }, grids},
	{"columns", func(o *Options) bool { return o.Columns != nil }, records},
	{"null", func(o *Options) bool { return o.Null != nil }, records},
	{"records", func(o *Options) bool { return o.Records != "" }, []Format{JSONL}},
}

// checkApplies returns ErrOptions for options that none of the files' formats heeds.
func (o *Options) checkApplies(files []file) error {
	var there []Format
	for _, f := range files {
		if !slices.Contains(there, f.format) {
			there = append(there, f.format)
		}
	}
	var faults []error
	for _, a := range appliesTo {
		if len(there) > 0 && a.set(o) && !slices.ContainsFunc(there, func(f Format) bool { return slices.Contains(a.formats, f) }) {
			faults = append(faults, fmt.Errorf("%w: --%s means nothing for %s; it is for %s", ErrOptions, a.flag, join(there), join(a.formats)))
		}
	}
	return errors.Join(faults...)
}

func join(formats []Format) string {
	var out []string
	for _, f := range formats {
		out = append(out, string(f))
	}
	return strings.Join(out, ", ")
}
