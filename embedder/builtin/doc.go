// Package builtin is the embedded default: a small model of Korean and English
// meaning in pure Go, with nothing to download. Its weights are part of the
// binary.
//
// The model is static: every piece of text has one vector, whatever stands
// around it, and a text's vector is their weighted sum.
//
//	"서울의 train"
//	    │  words     NFKC, lower case, runs of one class of rune
//	 서울의, train
//	    │  pieces    the most probable split by a Unigram vocabulary
//	 ▁서울 의 ▁train
//	    │  rows      384 int8 each
//	 Σ row × weight[role] × √count
//	    │  scaled to unit length
//	 [384]float32, of which the first 192, renormalised, are a vector too
//
// Pieces, rows and weights were learned for this project, from scratch, so that
// a question lies near its answer and a sentence near its translation
// (tools/train; docs/models/builtin.md has data, figures and limits). What
// training taught about a piece it also taught its parts, so that inflected
// and rare words have sensible vectors.
//
// A query and a passage have different weights for the same piece: that is
// what the role tokens <Q> and <P> are in a model without attention.
//
// Why static: a transformer of the same width embeds some ten passages a second
// and core, this model tens of thousands, in a file of a few megabytes. What
// it can't do is read: word order, negation and the sense that a neighbour
// gives to a word are lost on it. Where that matters use embedder/transformer.
//
// Invariants:
//
//  1. The same text in the same role has the same vector bit by bit, on every
//     machine: rows are summed as integers.
//  2. Nothing is out of vocabulary: a rune that no piece covers has one of the
//     fallback rows.
//  3. The weights are never written to and never copied.
package builtin
