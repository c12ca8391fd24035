package lexical

import "math"

// weights say what a term of the query is worth by its kind. A bigram is 1.
// They were chosen by measurement on Korean and English retrieval sets, to
// the half: the figures barely move around these values (docs/lexical.md).
//
// A particle's bigrams occur everywhere and mean little, so they weigh little;
// that is decided at the query, and the index keeps them all, for a word that
// only looks as if it ended in a particle.
var weights = [kinds]float64{
	kindWord:     2, // a foreign word counts as much as a Korean one, which has several bigrams
	kindEojeol:   0.5,
	kindSyllable: 1,
	kindGram:     1,
	kindBridge:   0.5,
	kindParticle: 0.2,
	kindCompound: 1,   // with its parts a compound weighs about what a word does
	kindStub:     0.5, // it may be no word at all
	kindPart:     1,
}

// rarity is how strongly rare terms are preferred: the exponent of BM25's
// idf. Bigrams of one word occur together, so the sum over them understates
// how much rarer a word is than its pieces.
const rarity = 1.3

// weigh returns the weight of a token of the query. The n bigrams of a word
// are evidence for one thing, and together count √n times one of them.
func (t *token) weigh() float64 {
	return weights[t.kind] / math.Sqrt(float64(t.siblings))
}

// idf is the weight of a term by the number of documents that have it: the
// variant of BM25's inverse document frequency that stays above 0.
func idf(docs, df int) float64 {
	return math.Pow(math.Log1p((float64(docs-df)+0.5)/(float64(df)+0.5)), rarity)
}
