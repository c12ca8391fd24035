package index

// Respell returns a question with words that no document has spelt as ones that some
// have, for a model and for words: see lexical.Index.Respell.
func (x *Index) Respell(text string) (typed, words string) {
	if x.gathered != nil { // nothing tells which words there are
		return text, text
	}
	return x.lexical.Respell(text)
}
