package index

// Respell returns a question with words that no document has spelt as ones that some
// have, for a model and for words: see lexical.Index.Respell.
func (x *Index) Respell(text string) (typed, words string) {
	if x.gathered != nil { // nothing tells which words there are
		return text, text
	}
	return x.lexical.Respell(text)
}

// Tells returns how much each of some texts tells: see lexical.Index.Tells. It is nil where
// nothing tells which words there are.
func (x *Index) Tells(texts []string) []float32 {
	if x.gathered != nil {
		return nil
	}
	tell := make([]float32, len(texts))
	for i, text := range texts {
		tell[i] = x.lexical.Tells(text)
	}
	return tell
}
