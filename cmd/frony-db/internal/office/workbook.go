package office

import (
	"fmt"
	"io"
	"strings"
)

// Workbook is a spreadsheet with its sheets.
type Workbook struct {
	archive *archive
	sheets  []sheetEntry
	strings []string
	dates   []bool // by style
	epoch   int    // 1904 for the dates of old Macintoshes
}

type sheetEntry struct {
	name   string
	part   string
	hidden bool
}

// OpenWorkbook opens a spreadsheet. The texts that its sheets share are read into memory.
func OpenWorkbook(at io.ReaderAt, size int64) (*Workbook, error) {
	a, err := openArchive(at, size)
	if err != nil {
		return nil, err
	}
	main, err := a.main()
	if err != nil {
		return nil, err
	}
	rels, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	var book struct {
		Pr struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			ID    string `xml:"id,attr"`
			State string `xml:"state,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := a.decode(main, &book); err != nil {
		return nil, err
	}
	if len(book.Sheets) == 0 {
		return nil, fmt.Errorf("%w: it has no sheets", ErrFormat)
	}
	w := &Workbook{archive: a, epoch: 1900}
	if book.Pr.Date1904 == "1" || book.Pr.Date1904 == "true" {
		w.epoch = 1904
	}
	for _, s := range book.Sheets {
		part := rels.byID[s.ID]
		if !strings.Contains(strings.ToLower(part), "chartsheet") { // a chart has no rows
			w.sheets = append(w.sheets, sheetEntry{name: s.Name, part: part, hidden: s.State == "hidden" || s.State == "veryHidden"})
		}
	}
	if part := rels.byType["styles"]; part != "" {
		if w.dates, err = dateStyles(a, part); err != nil {
			return nil, err
		}
	}
	if part := rels.byType["sharedStrings"]; part != "" {
		if w.strings, err = sharedStrings(a, part); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Sheets are the names of the sheets that are shown, in their order, and of hidden ones.
func (w *Workbook) Sheets() (shown, hidden []string) {
	for _, s := range w.sheets {
		if s.hidden {
			hidden = append(hidden, s.name)
		} else {
			shown = append(shown, s.name)
		}
	}
	return shown, hidden
}
