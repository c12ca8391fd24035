// Package builtin is the default model: a small embedding model for Korean and English in
// pure Go. Its weights are part of the binary, so there is nothing to download.
//
// The model is static: every piece of text has one vector, whatever its context, and the
// vector of a text is their weighted sum.
//
//	"서울의 train"
//	    │  words     NFKC without invisible characters, lower case, runs of one class of rune
//	 서울의, train
//	    │  pieces    the most probable split by a Unigram vocabulary
//	 ▁서울 의 ▁train
//	    │  rows      384 int8 each
//	 Σ row × weight[role] × √count
//	    │  scaled to unit length
//	 [384]float32, of which the first 192, renormalised, are a vector too
//
// Pieces, rows and weights were trained for this project, to place a question near its
// answer, a sentence near its translation, and a text near the vector that a multilingual
// transformer has for it (tools/train; docs/models/builtin.md has data, figures and
// limits). Training updated the parts of a piece together with it, so inflected and rare
// words have sensible vectors.
//
// A query and a passage have different weights for the same piece. In a model without
// attention, that is the equivalent of the role tokens <Q> and <P>.
//
// Why static: a transformer of the same width embeds about ten passages per second and
// core; this model embeds tens of thousands, from a file of 18 megabytes. It does not
// see word order, negation, or the meaning that a word takes from its neighbours. Where
// that matters, use embedder/transformer.
//
// Invariants:
//
//  1. The same text in the same role has bitwise the same vector on every machine,
//     because rows are summed as integers.
//  2. Nothing is out of vocabulary: a rune that no piece covers has one of the
//     fallback rows.
//  3. The weights are never written to and never copied.
package builtin
