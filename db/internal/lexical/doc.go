// Package lexical finds documents by their words: BM25 over an inverted index
// in memory, with an analysis made for Korean and English text and for the
// tokens of software (C++17, v1.2.3, snake_case, 에어팟2세대).
//
// # Why
//
// A small dense model alone loses to plain BM25 on questions that share words
// with their answer: names, numbers, error messages. BM25 in turn cannot find
// a paraphrase, or an answer in another language. Together they beat both.
//
// Korean glues particles to its nouns (서울은, 서울에서, 서울까지), so an index
// of whitespace tokens is of little use. A dictionary would have to be shipped
// and kept up to date, and fails on new names. Bigrams of syllables need none:
// a word is found by its pieces wherever it stands. The word without its
// particle, which a closed list of endings suffices to recognise, is indexed
// besides, and particles count for little in a query.
//
// # How
//
//	x := lexical.New(nil)
//	x.Add(7, "서울은 한국의 수도이다")
//	hits := x.Search(nil, lexical.Query{Text: "한국 수도", K: 10})
//
// Documents go by node: the dense numbers that the graph of the same
// collection uses. The index is derived state. It knows neither files nor the
// store: WriteTo and Read make and take a checksummed snapshot, and whoever
// owns the index replays what is newer.
//
// # Parts
//
//	ids     key ──► term number           key: 64 bits, see key.go
//	lists   term number ──► postings      slot deltas with tf, blocks of 128
//	chunks  slot ──► node, length, death, terms (the forward index)
//	nodes   node ──► slot
//
// # Invariants
//
//  1. Slots are handed out in ascending order and never again, so that
//     postings are only ever appended. A replaced document takes a new slot.
//  2. A document that was removed keeps its slot and a time of death; df, the
//     number of documents and their lengths count the living only.
//  3. What a search reads is never changed in place: it is appended behind,
//     replaced as a whole, or atomic. A search takes a view under the lock
//     and then runs without it, on the index as it was at that moment.
//  4. A block's reach bounds the score of every posting in it, whatever the
//     average length of documents becomes.
//  5. The same documents give the same scores whatever the order in which
//     they came and went, up to the rounding of a sum.
package lexical
