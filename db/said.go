package db

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// labelWords is the most words that a label before a colon may have: a name and the time
// in a chat, the beginning of a line in a log.
const labelWords = 6

// saidWords is the least words of what stands behind a label: one word of a form, such as
// `E-mail: yes`, is what a document is full of.
const saidWords = 3

// said returns what a sentence or a line of a long question may ask: the line, and where it
// has a label (`내용: …`, `[3:05 PM] Mike: …`) or quotes something (`query="…"`), that by
// itself. The marks of quoted mail, lists and comments are left out.
func said(line string) []string {
	line = unmarked(line)
	if !worded(line) {
		return nil
	}
	all := []string{line}
	if s := quoted(line); s != "" {
		return append(all, s)
	}
	if s := unlabelled(line); s != line && len(strings.Fields(s)) >= saidWords {
		all = append(all, s)
	}
	return all
}

// worded reports whether a text has two letters.
func worded(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			if n++; n > 1 {
				return true
			}
		}
	}
	return false
}

// unmarked returns a line without the marks that quoted mail, lists and comments begin
// with, and those that end a comment.
func unmarked(line string) string {
	line = strings.TrimSpace(line)
	for {
		rest := strings.TrimLeft(line, ">-*•·#/|")
		if n := len(rest) - len(strings.TrimLeft(rest, "0123456789")); n > 0 && n < 3 && n+1 < len(rest) && (rest[n] == '.' || rest[n] == ')') && rest[n+1] == ' ' {
			rest = rest[n+1:]
		}
		if rest = strings.TrimSpace(rest); rest == line {
			break
		}
		line = rest
	}
	return strings.TrimSpace(strings.TrimSuffix(line, "*/"))
}

// quotes are pairs that something is quoted between.
var quotes = [][2]string{{`"`, `"`}, {"“", "”"}, {"「", "」"}, {"『", "』"}}

// quoted returns the longest text between quotes that is several words, or "".
func quoted(line string) (longest string) {
	for _, q := range quotes {
		for rest := line; ; {
			_, after, ok := strings.Cut(rest, q[0])
			if !ok {
				break
			}
			inside, after, ok := strings.Cut(after, q[1])
			if !ok {
				break
			}
			if strings.ContainsRune(strings.TrimSpace(inside), ' ') && utf8.RuneCountInString(inside) > utf8.RuneCountInString(longest) {
				longest = strings.TrimSpace(inside)
			}
			rest = after
		}
	}
	return longest
}

// unlabelled returns a line without the labels that it begins with.
func unlabelled(line string) string {
	for {
		label, rest, ok := strings.Cut(line, ": ")
		if !ok || len(strings.Fields(label)) > labelWords || strings.TrimSpace(rest) == "" {
			return line
		}
		line = strings.TrimSpace(rest)
	}
}
