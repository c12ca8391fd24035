// Package quant turns embeddings into small codes and compares them.
//
// An embedding of 384 float32 takes 1,536 bytes, and a graph search is limited by
// how fast it can fetch vectors from memory. So the graph uses codes: the first
// 192 dimensions, one signed byte each, 192 bytes. The best candidates are then
// compared again with their full vectors. The codes decide only which vectors
// these are, not their final order.
//
// # Matryoshka
//
// The embeddings are trained so that their first dimensions are an embedding, too
// (Kusupati et al., "Matryoshka Representation Learning", NeurIPS 2022). Such a
// head must be renormalised: its length varies from text to text, and the dot
// product of heads ranks much worse than their cosine. [Head] does this for
// floats. Codes are compared by cosine, so heads need no renormalising before they
// are encoded.
//
// # Codes
//
// A code is the vector times 127 / (its largest magnitude), rounded. So every
// vector uses the full range of a byte, whether its energy is spread over all
// dimensions (a transformer) or concentrated in a few (hashed features of a short
// text), and nothing has to be learned from the data. The scale is not stored: the
// distance, 1 − cosine of the two codes, does not depend on it.
// docs/decisions/0010-codes.md has the figures.
//
//	       dims bytes, −127…127                 zeros up to a multiple of 32
//	┌──────────────────────────────────────────┬────────────┐
//	│ c₀ c₁ c₂ …                               │ 0 0 0 …    │
//	└──────────────────────────────────────────┴────────────┘
//
// [Quantizer] makes codes. [Codes] is a table of codes by row id, and compares one
// code with many. A distance is a uint32 key: [KeyOne] × (1 − cosine), 0 for equal
// directions.
//
// # Invariants
//
//  1. No byte of a code is −128.
//  2. A row is written before its id is published to readers (this is up to the
//     caller; see [Codes.Set]).
//  3. A chunk that readers may hold is never moved, only replaced by a copy; the
//     old one does not change.
package quant
