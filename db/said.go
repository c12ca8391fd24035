package db

import (
	"cmp"
	"regexp"
	"slices"
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
// has a label (`내용: …`, `[3:05 PM] Mike: …`) or quotes something, that by itself. Of keys
// and values (`query="…"`) only values are left, and the marks of quoted mail, lists and
// comments are left out.
func said(line string) []string {
	line = unmarked(line)
	if !worded(line) {
		return nil
	}
	inside, values := quoted(line)
	if values {
		return inside
	}
	all := []string{line}
	if len(inside) > 0 {
		longest := slices.MaxFunc(inside, func(a, b string) int { return cmp.Compare(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) })
		return append(all, longest)
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

// quoted returns the texts between quotes that are several words, and whether one of them
// is the value of a key (`query="…"`, `"message":"…"`): the rest of the line is a program's.
func quoted(line string) (inside []string, values bool) {
	for _, q := range quotes {
		for rest := line; ; {
			before, after, ok := strings.Cut(rest, q[0])
			if !ok {
				break
			}
			said, after, ok := strings.Cut(after, q[1])
			if !ok {
				break
			}
			if said = strings.TrimSpace(said); strings.ContainsRune(said, ' ') && worded(said) {
				inside = append(inside, said)
				values = values || strings.HasSuffix(before, "=") || strings.TrimSpace(before) == ":"
			}
			rest = after
		}
	}
	return inside, values
}

// tags are those of HTML, of which the first group are inside a sentence.
var tags = regexp.MustCompile(`(?i)</?(?:(a|abbr|b|code|em|font|i|mark|small|span|strong|u)|article|blockquote|body|br|dd|div|dl|dt|h[1-6]|head|hr|html|img|label|li|ol|p|pre|section|table|tbody|td|th|tr|ul)(?:\s[^<>]*)?/?>`)

// untagged returns a text without the tags of HTML. Those that are not inside a sentence
// end a line.
func untagged(text string) string {
	if !strings.ContainsRune(text, '<') {
		return text
	}
	return tags.ReplaceAllStringFunc(text, func(tag string) string {
		if tags.FindStringSubmatch(tag)[1] != "" {
			return ""
		}
		return "\n"
	})
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
