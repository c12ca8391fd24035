// Package builtin is the embedded default: an embedder in pure Go, with
// nothing to download.
//
// Version 0 is lexical. A text is cut into words, and each word into features:
// the word itself, pairs of neighbouring Hangul syllables (Korean particles
// glue to nouns, so whole words seldom repeat), and trigrams of other letters.
// Features are hashed with signs (Weinberger et al. 2009, "Feature hashing for
// large scale multitask learning") into a few dimensions of each half of the
// vector, so that the first 192 dimensions, renormalised, see every feature and
// are an embedding of their own. A feature's weight grows with the root of its
// count.
//
// It finds passages that share words or parts of words with the query, in any
// language, also misspelt or inflected. It knows no meaning: no synonyms, and
// no passage in another language than the query's.
package builtin
