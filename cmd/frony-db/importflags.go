package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that --timezone needs no files
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/db/chunk"
)

// importFlags are the flags of import as the user wrote them.
type importFlags struct {
	source  source.Options
	rejects string
	comma   string
	quote   string
	zone    string
	types   map[string]string
	chunk   string
	overlap int
	watch   bool
	prune   bool
}

func (i *importFlags) add(f *pflag.FlagSet) {
	f.StringVar((*string)(&i.source.Format), "format", "", "jsonl, csv, tsv, parquet, xlsx, markdown, docx, hwpx, html or text\n(default: by the file's name, jsonl for standard input)")
	f.StringVar(&i.source.Encoding, "encoding", "", "utf-8, utf-16le, utf-16be, cp949, gb18030, shift_jis, euc-jp, big5 or another name\nof the WHATWG (default: detected)")
	f.StringVar(&i.source.ID, "id-field", "", `field or column with the id (default: "id" or "_id")`)
	f.StringVar(&i.source.Text, "text-field", "", `field with the text (default: "text")`)
	f.StringVar(&i.source.Title, "title-field", "", `field with the title (default: "title")`)
	f.StringVar(&i.source.Embedding, "embedding-field", "", `field with the embedding (default: "embedding" or "vector")`)
	f.StringVar(&i.source.Expires, "expires-field", "", `field with the expiry time, such as 2031-02-03T04:05:06Z (default: "_expires")`)
	f.StringVar(&i.comma, "comma", "", `separator of CSV fields: a character, or "tab" (default: a comma)`)
	f.StringVar(&i.quote, "quote", "auto", "what a quote means in CSV and TSV: double (it encloses a field), none (a character\nlike others), or auto: decided by evidence")
	f.IntVar(&i.source.SkipRows, "skip-rows", 0, "lines above the header of a table that are not read, such as a title")
	f.StringVar(&i.source.Sheet, "sheet", "", "sheet of a spreadsheet to read (default: the first that is shown)")
	f.StringArrayVar(&i.source.Null, "null", nil, "text that means no value, such as NA, or NA in one column: price=NA; repeatable\n(default: NA, null, NaN, - and the like among numbers)")
	f.StringVar(&i.zone, "timezone", "", "zone of times that name none, such as Asia/Seoul (default: UTC)")
	f.StringVar(&i.source.Records, "records", "", "field with the records in a JSON file that is one object, such as data or data.paragraphs")
	f.StringSliceVar(&i.source.Header, "header", nil, "column names, for a table without a header")
	f.StringSliceVar(&i.source.Columns, "columns", nil, "columns or fields that become metadata (default: all)")
	f.StringToStringVar(&i.types, "type", nil, "type of a column, such as year=int: string, int, float, bool, list or json\n(default: from the header or the first rows)")
	f.StringVar(&i.source.Prefix, "prefix", "", "prefix of the ids of files that are one document: Markdown, docx, hwpx, HTML and text")
	f.StringVar(&i.chunk, "chunk", "auto", "cut texts into chunks of this many tokens; off cuts none;\nauto cuts only files that are one document, at "+strconv.Itoa(chunk.DefaultMaxTokens))
	f.IntVar(&i.overlap, "overlap", -1, "tokens of the previous chunk to repeat in the next (default: an eighth of --chunk)")
	f.BoolVar(&i.watch, "watch", false, "keep the collection in sync with a folder of documents: Markdown, docx, hwpx, HTML and text")
	f.BoolVar(&i.prune, "prune", false, "delete what an earlier --watch or --prune imported from files that no longer exist")
	f.Lookup("overlap").DefValue, f.Lookup("type").DefValue = "0", "" // their usage names the default
	f.StringVar(&i.rejects, "rejects", "", "file for rejected records (default: NAME.rejects.jsonl)")
}

// options reports every fault at once.
func (i *importFlags) options() (importer.Options, error) {
	o := importer.Options{Source: i.source, Rejects: i.rejects, Files: true}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch c, size := utf8.DecodeRuneInString(i.comma); {
	case i.comma == "":
	case i.comma == "tab" || i.comma == `\t`:
		o.Source.Comma = '\t'
	case size == len(i.comma):
		o.Source.Comma = c
	default:
		fault("--comma %q: want one character, or tab", i.comma)
	}
	if i.zone != "" {
		var err error
		if o.Source.Timezone, err = time.LoadLocation(i.zone); err != nil {
			fault("--timezone %q: %w; want a name such as Asia/Seoul", i.zone, err)
		}
	}
	if i.quote != "auto" {
		o.Source.Quote = source.Quote(i.quote)
	}
	if len(i.types) > 0 {
		o.Source.Types = map[string]source.Type{}
		for name, kind := range i.types {
			o.Source.Types[name] = source.Type(kind)
		}
	}
	switch n, err := strconv.Atoi(i.chunk); {
	case i.chunk == "auto" || i.chunk == "":
	case i.chunk == "off":
		o.Files = false
	case err == nil && n > 0:
		o.Chunk.MaxTokens, o.Rows = n, true
	default:
		fault("--chunk %q: want a number of tokens, auto or off", i.chunk)
	}
	switch {
	case i.overlap < -1:
		fault("--overlap %d: want 0 or more", i.overlap)
	case i.overlap == 0:
		o.Chunk.Overlap = new(0)
	case i.overlap > 0:
		o.Chunk.Overlap = &i.overlap
	}
	if err := o.Chunk.Validate(); err != nil && len(faults) == 0 {
		fault("--overlap %d: %w", i.overlap, err)
	}
	if f := i.source.Format; (i.watch || i.prune) && f != source.Auto && !f.IsDocument() {
		fault("--watch and --prune read Markdown, docx, hwpx, HTML and text files, not --format %s", f)
	}
	for _, name := range append([]string{i.source.ID, i.source.Text, i.source.Title, i.source.Embedding, i.source.Expires}, i.source.Header...) {
		if name != "" && strings.TrimSpace(name) == "" {
			fault("field name %q is blank", name)
		}
	}
	return o, errors.Join(faults...)
}
