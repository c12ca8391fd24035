package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// appliesTo are the formats to which an option applies.
var appliesTo = []struct {
	flag    string
	set     func(*Options) bool
	formats []Format
}{
	{"encoding", func(o *Options) bool { return o.Encoding != "" }, []Format{JSONL, CSV, TSV, Markdown, HTML, Text}},
	{"id-field", func(o *Options) bool { return o.ID != "" }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
	{"text-field", func(o *Options) bool { return o.Text != "" }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
	{"title-field", func(o *Options) bool { return o.Title != "" }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
	{"embedding-field", func(o *Options) bool { return o.Embedding != "" }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
	{"expires-field", func(o *Options) bool { return o.Expires != "" }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
	{"prefix", func(o *Options) bool { return o.Prefix != "" }, []Format{Markdown, DOCX, HWPX, HTML, Text}},
	{"comma", func(o *Options) bool { return o.Comma != 0 }, []Format{CSV, TSV}},
	{"header", func(o *Options) bool { return o.Header != nil }, []Format{CSV, TSV, XLSX}},
	{"skip-rows", func(o *Options) bool { return o.SkipRows != 0 }, []Format{CSV, TSV, XLSX}},
	{"sheet", func(o *Options) bool { return o.Sheet != "" }, []Format{XLSX}},
	{"quote", func(o *Options) bool { return o.Quote != QuoteAuto }, []Format{CSV, TSV}},
	{"type", func(o *Options) bool { return o.Types != nil }, []Format{CSV, TSV, XLSX}},
	{"columns", func(o *Options) bool { return o.Columns != nil }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
	{"null", func(o *Options) bool { return o.Null != nil }, []Format{JSONL, CSV, TSV, Parquet, XLSX}},
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
