package lexical

import "slices"

// Fields are the parts of a document that are searched for words.
//
// Words of the title and the tags are counted several times: BM25F with one length
// normalisation for all fields (Robertson, Zaragoza and Taylor 2004, "Simple BM25
// extension to multiple weighted fields").
type Fields struct {
	Text  string
	Title string
	Tags  []string
}

// How often a word of a field counts, where one of the text counts once. Chosen by
// measurement: see docs/decisions/0116-titles.md.
const (
	titleWeight = 2
	tagWeight   = 1
)

// terms returns the keys of all terms of a document in ascending order, valid until
// the next call.
func (a *analysis) terms(f *Fields) Terms {
	a.keys = a.keys[:0]
	a.field(f.Text, 1)
	if f.Title != "" {
		a.field(f.Title, titleWeight)
		a.initials()
	}
	for _, tag := range f.Tags {
		a.field(tag, tagWeight)
		a.initials()
	}
	slices.Sort(a.keys)
	return a.keys
}

// field adds the keys of a field.
func (a *analysis) field(text string, weight int) {
	a.run(text)
	for i := range a.tokens {
		for range weight {
			a.keys = append(a.keys, a.tokens[i].key)
		}
	}
	a.keys = append(a.keys, a.sounds...)
}
