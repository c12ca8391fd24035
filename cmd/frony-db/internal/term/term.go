// Package term formats output for terminals. It knows the width of the terminal and
// of every letter, truncates and aligns Korean and English text, and shows progress as
// a bar, or as plain lines if the output is not a terminal.
//
// Widths are counted in columns, by Unicode grapheme clusters: a Hangul syllable takes
// two, composed or not, an emoji family two, a combining mark none. Text of documents
// passes through Cut, which removes control characters, so that no document can move
// the cursor or change the title of the window.
package term

import (
	"io"
	"os"
	"strconv"

	xterm "golang.org/x/term"
)

// defaultWidth is the width of output that is not a terminal.
const defaultWidth = 80

// descriptor is a file, or a writer to one.
type descriptor interface{ Fd() uintptr }

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(descriptor)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// Width is the number of columns of the terminal w. If w is not a terminal, it is the
// environment variable COLUMNS, else 80.
func Width(w io.Writer) int {
	if f, ok := w.(descriptor); ok {
		if n, _, err := xterm.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return defaultWidth
}

// A Style formats text for one output.
type Style struct{ on bool }

// NewStyle returns the style for w. It leaves text plain if w is not a terminal, NO_COLOR
// is set (https://no-color.org) or TERM is dumb.
func NewStyle(w io.Writer) Style {
	return styleFor(IsTerminal(w))
}

func styleFor(terminal bool) Style {
	return Style{on: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Bold makes text bold.
func (s Style) Bold(text string) string { return s.wrap("\x1b[1m", text) }

// Dim makes text faint.
func (s Style) Dim(text string) string { return s.wrap("\x1b[2m", text) }

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return code + text + "\x1b[0m"
}
