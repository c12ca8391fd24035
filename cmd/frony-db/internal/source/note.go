package source

import (
	"fmt"
)

// Note is something that a file's reader has guessed or changed: reading went on, but
// whoever imports the file should know.
type Note struct {
	File  string `json:"file"`
	Line  int64  `json:"line,omitempty"` // where it was first met, 0 for the file as a whole
	Text  string `json:"note"`
	Count int64  `json:"count,omitempty"` // of values or records, 0 for the file as a whole
}

// String is the note on one line.
func (n Note) String() string {
	at := n.File
	if n.Line > 0 {
		at = fmt.Sprintf("%s:%d", at, n.Line)
	}
	if n.Count > 1 {
		return fmt.Sprintf("%s: %s (%d times in the file)", at, n.Text, n.Count)
	}
	return at + ": " + n.Text
}

// maxNotes bounds how many different notes of one file are kept.
const maxNotes = 100

// notes collects the notes of one file. Those of the same text are one, counted.
type notes struct {
	file  string
	tell  func(Note)
	list  []*Note
	known map[string]*Note
	more  int64 // beyond maxNotes
}

// value notes something about a value in a line.
func (n *notes) value(line int64, format string, args ...any) {
	if n.tell == nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if known := n.known[text]; known != nil {
		known.Count++
		return
	}
	n.add(Note{File: n.file, Line: line, Text: text, Count: 1})
}

// whole notes something about the file.
func (n *notes) whole(format string, args ...any) {
	if n.tell != nil {
		n.add(Note{File: n.file, Text: fmt.Sprintf(format, args...)})
	}
}

func (n *notes) add(note Note) {
	if len(n.list) == maxNotes {
		n.more++
		return
	}
	if n.known == nil {
		n.known = map[string]*Note{}
	}
	n.known[note.Text] = &note
	n.list = append(n.list, &note)
}

// flush tells of all notes, at the end of the file.
func (n *notes) flush() {
	for _, note := range n.list {
		n.tell(*note)
	}
	if n.more > 0 {
		n.tell(Note{File: n.file, Text: fmt.Sprintf("%d more notes of other kinds", n.more)})
	}
	n.list, n.known, n.more = nil, nil, 0
}
