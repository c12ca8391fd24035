// Package lexical finds documents by their terms: BM25 over an inverted index in
// memory, with an analysis for Korean and English text and for the tokens of
// software (C++17, v1.2.3, snake_case, 에어팟2세대).
//
// # Why
//
// On questions that share words with their answer (names, numbers, error
// messages), a small dense model alone is worse than plain BM25. BM25 in turn
// cannot find a paraphrase, or an answer in another language. Together they are
// better than either.
//
// Korean attaches particles to its nouns (서울은, 서울에서, 서울까지), so an index
// of whitespace tokens is of little use. A dictionary would have to be shipped and
// kept up to date, and fails on new names. Bigrams of syllables need none: a word
// is found by its pieces, wherever it occurs. The word without its particle is
// indexed too (a closed list of endings is enough to recognise particles), and
// particles weigh little in a query.
//
// # How
//
//	x := lexical.New()
//	x.Add(7, "서울은 한국의 수도이다")
//	hits := x.Search(nil, lexical.Query{Text: "한국 수도", K: 10})
//
// Documents are identified by node, the dense numbers that the graph of the same
// collection uses. The index is derived state and knows neither files nor the
// store: WriteTo and Read write and read a checksummed snapshot, and the owner of
// the index replays what is newer.
//
// # Parts
//
//	ids     key ──► term number           key: 64 bits, see key.go
//	lists   term number ──► postings      slot deltas with tf, blocks of 128
//	chunks  slot ──► node, length, removal, terms (the forward index)
//	nodes   node ──► slot
//
// # Invariants
//
//  1. Slots are assigned in ascending order and never reused, so that postings
//     are only ever appended. A replaced document gets a new slot.
//  2. A removed document keeps its slot, with the time of its removal. df, the
//     number of documents and their lengths count live documents only.
//  3. What a search reads is never changed in place: it is appended to, replaced
//     as a whole, or atomic. A search takes a view under the lock and then runs
//     without it, on the index as of that moment.
//  4. A block's extremes bound the score of each posting in it, whatever the
//     average length of documents becomes.
//  5. The same documents give the same scores, whatever the order in which they
//     were added and removed, up to the rounding of a sum.
package lexical
