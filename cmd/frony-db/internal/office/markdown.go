package office

import (
	"errors"
	"strings"
)

var errNesting = errors.New("tables lie too deep in each other")

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

// writeTable writes the cells of a table as one of Markdown. Its first row is the header.
func writeTable(out *strings.Builder, rows [][]string) {
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	first := true
	for _, row := range rows {
		switch {
		case len(row) == 0:
			continue
		case width == 1: // a frame around text
			out.WriteString(row[0])
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
	if width > 1 {
		out.WriteByte('\n')
	}
}
