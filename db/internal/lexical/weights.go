package lexical

import "math"

// weights are the weights of query terms by kind. A bigram weighs 1. They were
// chosen by measurement on Korean and English retrieval sets, in steps of a half:
// the results barely change around these values (docs/lexical.md).
//
// The bigrams of a particle occur everywhere and mean little, so they weigh
// little. They are indexed nevertheless, for words that only look as if they ended
// in a particle.
var weights = [kinds]float64{
	kindWord:     2, // as much as a Korean word, which has several bigrams
	kindEojeol:   0.5,
	kindSyllable: 1,
	kindGram:     1,
	kindBridge:   0.5,
	kindParticle: 0.2,
	kindCompound: 1,   // together with its parts a compound weighs about as much as a word
	kindStub:     0.5, // it may not be a word
	kindPart:     1,
	kindJamo:     0.2, // laughter, mostly, and rare all the same
	kindInitials: 2,
}

// rarity is the exponent of BM25's idf: how strongly rare terms are preferred. The
// bigrams of a word occur together, so their sum understates how much rarer the
// word is than its pieces.
const rarity = 1.3

// weigh returns the weight of a token of the query. The n bigrams of a word are
// evidence for the same thing, and together weigh √n times as much as one. What only
// asks weighs less.
func (t *token) weigh() float64 {
	w := weights[t.kind] / math.Sqrt(float64(t.siblings))
	if of, ok := askingWeight[Everyday(t.key)]; ok {
		w *= of
	}
	return w
}

// idf returns the weight of a term by the number of documents that contain it: the
// variant of BM25's inverse document frequency that stays above 0.
func idf(docs, df int) float64 {
	return math.Pow(math.Log1p((float64(docs-df)+0.5)/(float64(df)+0.5)), rarity)
}
