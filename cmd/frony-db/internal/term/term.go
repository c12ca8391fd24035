// Package term writes for people who read in a terminal: it knows how wide the
// terminal and every letter is, cuts and aligns Korean and English alike, and
// shows progress as a bar there and as plain lines elsewhere.
//
// Widths are counted in columns, by Unicode grapheme clusters: a Hangul
// syllable takes two, composed or not; an emoji family two; a combining mark
// none. Text that comes from documents passes through Cut, which lets no control
// character through, so that no document can move the cursor or change the
// title of the window.
package term

import (
	"io"
	"os"
	"strconv"

	xterm "golang.org/x/term"
)

// defaultWidth is for output that is no terminal.
const defaultWidth = 80

// descriptor is a file, or what writes to one.
type descriptor interface{ Fd() uintptr }

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(descriptor)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// Width is the number of columns of the terminal that w is; where it is none,
// that of the variable COLUMNS; else 80.
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

// A Style marks text up for one output.
type Style struct{ on bool }

// NewStyle marks up for a terminal, unless NO_COLOR is set to anything or TERM
// is dumb (https://no-color.org).
func NewStyle(w io.Writer) Style {
	return styleFor(IsTerminal(w))
}

func styleFor(terminal bool) Style {
	return Style{on: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Bold makes text stand out.
func (s Style) Bold(text string) string { return s.wrap("\x1b[1m", text) }

// Dim makes text recede.
func (s Style) Dim(text string) string { return s.wrap("\x1b[2m", text) }

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return code + text + "\x1b[0m"
}
