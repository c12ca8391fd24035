package chunk

import "strings"

// Sentences splits a text into its sentences, without the spaces around them. A line
// break ends a sentence, too. The parts share the memory of text.
func Sentences(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		for line != "" {
			n := sentenceEnd(line, 0)
			if n < 0 {
				n = len(line)
			}
			if s := strings.TrimSpace(line[:n]); s != "" {
				out = append(out, s)
			}
			line = line[n:]
		}
	}
	return out
}
