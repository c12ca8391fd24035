package office

import (
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// ReadHWPX reads a document of Hancom's word processor (.hwpx, KS X 6101): its text with
// tables, foot- and endnotes and text boxes, without memos, headers and footers.
func ReadHWPX(at io.ReaderAt, size int64) (Document, error) {
	a, err := openArchive(at, size)
	if err != nil {
		return Document{}, err
	}
	book, err := hwpxParts(a)
	if err != nil {
		return Document{}, err
	}
	h := hwpx{}
	if book.head != "" {
		if h.levels, err = outlineLevels(a, book.head); err != nil {
			return Document{}, err
		}
	}
	var out strings.Builder
	for _, part := range book.sections {
		if err := h.read(a, part, &out); err != nil {
			return Document{}, err
		}
	}
	return Document{Title: book.title, Markdown: strings.TrimSpace(out.String())}, nil
}

// hwpxBook is what a document consists of.
type hwpxBook struct {
	title    string
	head     string // the part with the styles
	sections []string
}

func hwpxParts(a *archive) (book hwpxBook, err error) {
	var container struct {
		Roots []struct {
			Path string `xml:"full-path,attr"`
			Type string `xml:"media-type,attr"`
		} `xml:"rootfiles>rootfile"`
	}
	if err := a.decode("META-INF/container.xml", &container); err != nil {
		return book, err
	}
	var root string
	for _, r := range container.Roots {
		if r.Type == "application/hwpml-package+xml" {
			root = r.Path
		}
	}
	var pack struct {
		Title string `xml:"metadata>title"`
		Items []struct {
			ID   string `xml:"id,attr"`
			Href string `xml:"href,attr"`
		} `xml:"manifest>item"`
		Spine []struct {
			ID string `xml:"idref,attr"`
		} `xml:"spine>itemref"`
	}
	if root == "" {
		return book, fmt.Errorf("%w: it has no document", ErrFormat)
	}
	if err := a.decode(root, &pack); err != nil {
		return book, err
	}
	book.title = strings.TrimSpace(pack.Title)
	parts := map[string]string{}
	for _, i := range pack.Items {
		parts[i.ID] = i.Href
	}
	for _, i := range pack.Spine {
		name := strings.ToLower(path.Base(parts[i.ID]))
		switch {
		case strings.HasPrefix(name, "section"):
			book.sections = append(book.sections, parts[i.ID])
		case strings.HasPrefix(name, "header"):
			book.head = parts[i.ID]
		}
	}
	if len(book.sections) == 0 {
		return book, fmt.Errorf("%w: it has no sections", ErrFormat)
	}
	return book, nil
}

// outlineLevels are the levels of headings, by the looks of paragraphs.
func outlineLevels(a *archive, part string) (map[string]int, error) {
	type heading struct {
		Type  string `xml:"type,attr"`
		Level string `xml:"level,attr"`
	}
	var head struct {
		Paragraphs []struct {
			ID       string   `xml:"id,attr"`
			Heading  heading  `xml:"heading"`
			Versions struct { // for programs of several years
				Cases []struct {
					Heading heading `xml:"heading"`
				} `xml:"case"`
			} `xml:"switch"`
		} `xml:"refList>paraProperties>paraPr"`
	}
	if err := a.decode(part, &head); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, p := range head.Paragraphs {
		all := []heading{p.Heading}
		for _, c := range p.Versions.Cases {
			all = append(all, c.Heading)
		}
		for _, h := range all {
			if n, err := strconv.Atoi(h.Level); err == nil && h.Type == "OUTLINE" {
				out[p.ID] = n + 1
			}
		}
	}
	return out, nil
}

// hwpx writes Markdown of OWPML.
type hwpx struct {
	levels map[string]int // of headings, by the looks of paragraphs
	dec    *xml.Decoder
	depth  int // of tables and boxes
}

func (h *hwpx) read(a *archive, part string, out *strings.Builder) error {
	return a.stream(part, maxPart, func(dec *xml.Decoder) error {
		h.dec = dec
		return h.blocks(out)
	})
}

// blocks writes the paragraphs up to the end of the element that has begun, or returns
// io.EOF.
func (h *hwpx) blocks(out *strings.Builder) error {
	if h.depth++; h.depth > maxNesting {
		return errNesting
	}
	defer func() { h.depth-- }()
	return walk(h.dec, func(e xml.StartElement) (bool, error) {
		if e.Name.Local == "p" {
			return true, h.paragraph(e, out)
		}
		return false, nil
	}, nil)
}

// paragraph writes a paragraph, and what floats in it after it: tables, boxes, notes.
func (h *hwpx) paragraph(p xml.StartElement, out *strings.Builder) error {
	var line, beside strings.Builder
	err := walk(h.dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "t":
			return true, h.text(&line)
		case "tbl":
			return true, h.table(&beside)
		case "subList":
			return true, h.blocks(&beside)
		case "header", "footer", "hiddenComment", "secPr", "linesegarray":
			return true, h.dec.Skip()
		}
		return false, nil
	}, nil)
	write(out, line.String(), h.levels[attr(p, "paraPrIDRef")], false)
	out.WriteString(beside.String())
	return err
}

// text writes a run of text, in which tabs and breaks are elements.
func (h *hwpx) text(out *strings.Builder) error {
	return walk(h.dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "tab", "nbSpace", "fwSpace":
			out.WriteByte(' ')
		case "lineBreak":
			out.WriteByte('\n')
		}
		return false, nil
	}, func(t xml.CharData) { out.Write(t) })
}

// table writes a table as one of Markdown. A cell that spans several is the first of them.
func (h *hwpx) table(out *strings.Builder) error {
	var rows [][]string
	var cell strings.Builder
	into := out // a caption comes before the cells
	err := walk(h.dec, func(e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "tr":
			rows = append(rows, nil)
		case "tc":
			cell.Reset()
			into = &cell
		case "subList":
			return true, h.blocks(into)
		case "cellAddr":
			last := len(rows) - 1
			column, err := strconv.Atoi(attr(e, "colAddr"))
			if err != nil || column < 0 || column >= maxColumns || last < 0 {
				return true, fmt.Errorf("a cell in column %q", attr(e, "colAddr"))
			}
			for len(rows[last]) <= column {
				rows[last] = append(rows[last], "")
			}
			rows[last][column] = cell.String()
		}
		return false, nil
	}, nil)
	writeTable(out, rows)
	return err
}
