package office

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Document is the text of a word processor's document, as Markdown: headings, lists and
// tables keep their form, looks are left out.
type Document struct {
	Title    string // of its properties, "" if it has none
	Markdown string
}

// ReadDocument reads a document (.docx): its text with tables, lists, foot- and endnotes
// and text boxes, without deletions that are tracked, comments, headers and footers.
func ReadDocument(at io.ReaderAt, size int64) (Document, error) {
	a, err := openArchive(at, size)
	if err != nil {
		return Document{}, err
	}
	main, err := a.main()
	if err != nil {
		return Document{}, err
	}
	rels, err := a.relations(main)
	if err != nil {
		return Document{}, err
	}
	w := word{levels: map[string]int{}, items: map[string]bool{}}
	if part := rels.byType["styles"]; part != "" {
		if err := w.styles(a, part); err != nil {
			return Document{}, err
		}
	}
	for _, part := range []string{main, rels.byType["footnotes"], rels.byType["endnotes"]} {
		if part == "" {
			continue
		}
		if err := w.read(a, part); err != nil {
			return Document{}, err
		}
		if !w.found { // the first of them has it
			return Document{}, fmt.Errorf("%w: it has no text, as of a word processor", ErrFormat)
		}
	}
	d := Document{Markdown: strings.TrimSpace(w.out.String())}
	d.Title, err = title(a)
	return d, err
}

// title is the title in the file's properties.
func title(a *archive) (string, error) {
	rels, err := a.relations("")
	if err != nil || rels.byType["core-properties"] == "" {
		return "", err
	}
	var core struct {
		Title string `xml:"title"`
	}
	err = a.decode(rels.byType["core-properties"], &core)
	return strings.TrimSpace(core.Title), err
}

// word writes Markdown of WordprocessingML.
type word struct {
	levels map[string]int  // of headings, by style
	items  map[string]bool // whether it is one of a list, by style
	found  bool            // there is a body
	out    strings.Builder
	dec    *xml.Decoder
	depth  int // of tables and boxes
}

var headingName = regexp.MustCompile(`^(?i:heading) ([1-9])$`)

// styles finds the styles of headings: by the name that all languages' programs write,
// or by their level in the outline.
func (w *word) styles(a *archive, part string) error {
	var sheet struct {
		Style []struct {
			ID   string `xml:"styleId,attr"`
			Name struct {
				Val string `xml:"val,attr"`
			} `xml:"name"`
			Level struct {
				Val string `xml:"val,attr"`
			} `xml:"pPr>outlineLvl"`
			List *struct{} `xml:"pPr>numPr"`
		} `xml:"style"`
	}
	if err := a.decode(part, &sheet); err != nil {
		return err
	}
	for _, s := range sheet.Style {
		switch m := headingName.FindStringSubmatch(s.Name.Val); {
		case m != nil:
			w.levels[s.ID] = int(m[1][0] - '0')
		case strings.EqualFold(s.Name.Val, "title"):
			w.levels[s.ID] = 1
		default:
			w.levels[s.ID] = outline(s.Level.Val)
			w.items[s.ID] = s.List != nil
		}
	}
	return nil
}

func (w *word) read(a *archive, part string) error {
	return a.stream(part, maxPart, func(dec *xml.Decoder) error {
		w.dec = dec
		return w.blocks(&w.out)
	})
}

// blocks writes paragraphs and tables up to the end of the element that has begun, or
// returns io.EOF.
func (w *word) blocks(out *strings.Builder) error {
	if w.depth++; w.depth > maxNesting {
		return errNesting
	}
	defer func() { w.depth-- }()
	return walk(w.dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "p":
			return true, w.paragraph(out)
		case "tbl":
			return true, w.table(out)
		case "footnote", "endnote":
			if attr(e, "type") == "" { // else it is a separator
				return false, nil
			}
			return true, w.dec.Skip()
		case "sectPr", "Fallback", "moveFrom", "del": // twice there, or no longer
			return true, w.dec.Skip()
		case "body":
			w.found = true
		}
		return false, nil
	}, nil)
}

// paragraph writes a paragraph, and what floats beside it after it.
func (w *word) paragraph(out *strings.Builder) error {
	var line, beside strings.Builder
	level, item := 0, false
	err := walk(w.dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "pStyle":
			level = max(level, w.levels[attr(e, "val")])
			item = item || w.items[attr(e, "val")]
		case "outlineLvl":
			if n := outline(attr(e, "val")); n > 0 {
				level = n
			}
		case "numPr":
			item = true
		case "t":
			return true, text(w.dec, &line)
		case "tab":
			line.WriteByte(' ')
		case "br", "cr":
			line.WriteByte('\n')
		case "noBreakHyphen":
			line.WriteByte('-')
		case "txbxContent":
			return true, w.blocks(&beside)
		case "tabs", "rPr", "pPrChange", "Fallback", "del", "moveFrom", "instrText":
			return true, w.dec.Skip()
		}
		return false, nil
	}, nil)
	write(out, line.String(), level, item)
	out.WriteString(beside.String())
	return err
}

// outline is the level of a heading by its level in the outline, which counts from 0; 0
// for text.
func outline(level string) int {
	n, err := strconv.Atoi(level)
	if err != nil || n < 0 || n >= 9 {
		return 0
	}
	return n + 1
}

// table writes a table as one of Markdown.
func (w *word) table(out *strings.Builder) error {
	var rows [][]string
	err := walk(w.dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "tr":
			rows = append(rows, nil)
		case "tc":
			var cell strings.Builder
			err := w.blocks(&cell)
			if last := len(rows) - 1; last >= 0 {
				rows[last] = append(rows[last], cell.String())
			}
			return true, err
		case "del", "Fallback":
			return true, w.dec.Skip()
		}
		return false, nil
	}, nil)
	writeTable(out, rows)
	return err
}
