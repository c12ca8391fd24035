package term

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// gap separates columns.
const gap = "  "

// narrowest is the smallest width of a column that is too wide.
const narrowest = 4

// A Column of a Table.
type Column struct {
	Title string
	Right bool // align to the right, as numbers
	Flex  bool // narrow this column first if the table is too wide
}

// A Table has aligned columns and one line per row. It is as wide as its content, but
// not wider than Width.
type Table struct {
	Columns []Column
	Rows    [][]string // cells; missing ones are empty, and those beyond Columns are ignored
	Width   int        // 0 means the width of the output
}

// Write writes the table to w, with a rule below the titles.
func (t Table) Write(w io.Writer) error {
	total := t.Width
	if total <= 0 {
		total = Width(w)
	}
	style := NewStyle(w)
	cells := t.cells(total)
	widths := t.widths(cells, total)

	out := bufio.NewWriter(w)
	for i, row := range cells {
		var line strings.Builder
		for c, text := range row {
			text = Cut(text, widths[c])
			if c > 0 {
				line.WriteString(gap)
			}
			if t.Columns[c].Right {
				line.WriteString(PadLeft(text, widths[c]))
			} else {
				line.WriteString(Pad(text, widths[c]))
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if i == 0 {
			rules := make([]string, len(widths))
			for c, n := range widths {
				rules[c] = strings.Repeat("─", n)
			}
			text = style.Bold(text) + "\n" + style.Dim(strings.Join(rules, gap))
		}
		fmt.Fprintln(out, text)
	}
	return out.Flush() // bufio keeps the first error for Flush
}

// cells returns the titles and rows, cleaned, none wider than the whole table.
func (t Table) cells(total int) [][]string {
	cells := make([][]string, 1+len(t.Rows))
	for i := range cells {
		cells[i] = make([]string, len(t.Columns))
		for c := range t.Columns {
			switch {
			case i == 0:
				cells[i][c] = Cut(t.Columns[c].Title, total)
			case c < len(t.Rows[i-1]):
				cells[i][c] = Cut(t.Rows[i-1][c], total)
			}
		}
	}
	return cells
}

// widths narrows the flexible columns, then the widest ones, until the table fits or
// cannot be narrowed any more.
func (t Table) widths(cells [][]string, total int) []int {
	widths := make([]int, len(t.Columns))
	excess := len(gap)*max(0, len(widths)-1) - total
	for c := range widths {
		for _, row := range cells {
			widths[c] = max(widths[c], TextWidth(row[c]))
		}
		excess += widths[c]
	}
	for _, flexOnly := range []bool{true, false} {
		for excess > 0 {
			widest := -1
			for c, n := range widths {
				if n > narrowest && (t.Columns[c].Flex || !flexOnly) && (widest < 0 || n > widths[widest]) {
					widest = c
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			excess--
		}
	}
	return widths
}
