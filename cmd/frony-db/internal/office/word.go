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
	for i, part := range []string{main, rels.byType["footnotes"], rels.byType["endnotes"]} {
		if part == "" {
			continue
		}
		w.body = i == 0
		if err := w.read(a, part); err != nil {
			return Document{}, err
		}
		if i == 0 && !w.found {
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
	body   bool            // not of the notes
	found  bool            // there is a body
	out    strings.Builder
	dec    *xml.Decoder
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
			if n, err := strconv.Atoi(s.Level.Val); err == nil && n >= 0 && n < 9 {
				w.levels[s.ID] = n + 1
			}
			w.items[s.ID] = s.List != nil
		}
	}
	return nil
}

func (w *word) read(a *archive, part string) error {
	return a.stream(part, func(dec *xml.Decoder) error {
		w.dec = dec
		return w.blocks(&w.out)
	})
}

// blocks writes paragraphs and tables up to the end of the element that has begun, or
// returns io.EOF.
func (w *word) blocks(out *strings.Builder) error {
	for depth := 0; ; {
		tok, err := w.dec.Token()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.EndElement:
			if depth--; depth < 0 {
				return nil
			}
		case xml.StartElement:
			switch t.Name.Local {
			case "p":
				err = w.paragraph(out)
			case "tbl":
				err = w.table(out)
			case "footnote", "endnote":
				if attr(t, "type") == "" { // else it is a separator
					err = w.blocks(out)
				} else {
					err = w.dec.Skip()
				}
			case "sectPr", "Fallback", "moveFrom", "del": // twice there, or no longer
				err = w.dec.Skip()
			default:
				w.found = w.found || t.Name.Local == "body"
				depth++
			}
			if err != nil {
				return unexpected(err)
			}
		}
	}
}

// paragraph writes a paragraph, and what floats beside it after it.
func (w *word) paragraph(out *strings.Builder) error {
	var text, beside strings.Builder
	level, item := 0, false
	for depth := 0; ; {
		tok, err := w.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		switch t := tok.(type) {
		case xml.EndElement:
			if depth--; depth < 0 {
				write(out, text.String(), level, item)
				out.WriteString(beside.String())
				return nil
			}
		case xml.StartElement:
			depth++
			skip := false
			switch t.Name.Local {
			case "pStyle":
				level = max(level, w.levels[attr(t, "val")])
				item = item || w.items[attr(t, "val")]
			case "outlineLvl":
				if n, err := strconv.Atoi(attr(t, "val")); err == nil && n >= 0 && n < 9 {
					level = n + 1
				}
			case "numPr":
				item = true
			case "t", "delText":
				var s string
				if err := w.dec.DecodeElement(&s, &t); err != nil {
					return unexpected(err)
				}
				if depth--; t.Name.Local == "t" {
					text.WriteString(s)
				}
			case "tab":
				text.WriteByte(' ')
			case "br", "cr":
				text.WriteByte('\n')
			case "noBreakHyphen":
				text.WriteByte('-')
			case "tabs", "rPr", "pPrChange", "Fallback", "del", "moveFrom", "instrText":
				skip = true
			case "txbxContent":
				if err := w.blocks(&beside); err != nil {
					return unexpected(err)
				}
				depth--
			}
			if skip {
				if err := w.dec.Skip(); err != nil {
					return unexpected(err)
				}
				depth--
			}
		}
	}
}

// write writes a paragraph as Markdown.
func write(out *strings.Builder, text string, level int, item bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	switch {
	case level > 0:
		text = strings.Repeat("#", min(level, 6)) + " " + strings.Join(strings.Fields(text), " ")
	case item:
		text = "- " + strings.ReplaceAll(text, "\n", "\n  ")
	case strings.HasPrefix(text, "#"): // no heading
		text = `\` + text
	}
	out.WriteString(text)
	out.WriteString("\n\n")
}

// table writes a table as one of Markdown.
func (w *word) table(out *strings.Builder) error {
	var rows [][]string
	width := 0
	for depth := 0; ; {
		tok, err := w.dec.Token()
		if err != nil {
			return unexpected(err)
		}
		switch t := tok.(type) {
		case xml.EndElement:
			if depth--; depth < 0 {
				writeTable(out, rows, width)
				return nil
			}
		case xml.StartElement:
			switch {
			case t.Name.Local == "tr":
				rows = append(rows, nil)
				depth++
			case t.Name.Local == "tc" && len(rows) > 0:
				var cell strings.Builder
				if err := w.blocks(&cell); err != nil {
					return unexpected(err)
				}
				last := len(rows) - 1
				rows[last] = append(rows[last], cell.String())
				width = max(width, len(rows[last]))
			case t.Name.Local == "del", t.Name.Local == "Fallback":
				if err := w.dec.Skip(); err != nil {
					return unexpected(err)
				}
			default:
				depth++
			}
		}
	}
}

func writeTable(out *strings.Builder, rows [][]string, width int) {
	if width == 1 { // a frame around text
		for _, row := range rows {
			for _, cell := range row {
				out.WriteString(cell)
			}
		}
		return
	}
	first := true
	for _, row := range rows {
		if len(row) == 0 {
			continue
		}
		out.WriteByte('|')
		for i := range width {
			cell := ""
			if i < len(row) {
				cell = strings.Join(strings.Fields(strings.ReplaceAll(row[i], "|", `\|`)), " ")
			}
			out.WriteString(" " + cell + " |")
		}
		out.WriteByte('\n')
		if first {
			out.WriteString("|" + strings.Repeat(" --- |", width) + "\n")
			first = false
		}
	}
	out.WriteByte('\n')
}
