// Package quant turns embeddings into small codes and compares them.
//
// An embedding of 384 float32 takes 1,536 bytes, and a graph search is bound by
// how fast it can fetch vectors from memory. So the graph works on codes: the
// first 192 dimensions, one signed byte each, 192 bytes. The best candidates are
// then compared again with their full vectors, so that the codes decide only
// which vectors are looked at, not how they are ranked in the end.
//
// # Matryoshka
//
// The embeddings are trained so that their first dimensions are an embedding of
// their own (Kusupati et al., "Matryoshka Representation Learning", NeurIPS
// 2022). Such a head must be renormalised: its length varies from text to text,
// and the raw dot product of heads ranks much worse than their cosine. [Head]
// does that for floats. Codes are compared by cosine, so they may be made from
// the head as it is.
//
// # Codes
//
// A code is the vector times 127 / (its largest magnitude), rounded. Every
// vector so uses the whole range of a byte, whether its energy is spread over
// all dimensions (a transformer) or sits in a few (hashed features of a short
// text), and nothing has to be learned from the data first. The scale isn't
// kept: the distance is 1 − cosine of the two codes, which has no scale.
// docs/decisions/0010-codes.md has the figures.
//
//	       dims bytes, −127…127                 zeros up to a multiple of 32
//	┌──────────────────────────────────────────┬────────────┐
//	│ c₀ c₁ c₂ …                               │ 0 0 0 …    │
//	└──────────────────────────────────────────┴────────────┘
//
// [Quantizer] makes codes, [Codes] keeps them in a table by row id and compares
// one with many. A distance is a uint32 key: [KeyOne] × (1 − cosine), 0 for equal
// directions.
//
// # Invariants
//
//  1. No byte of a code is −128.
//  2. A row is written before its id is given to a reader (by whoever gives out
//     the ids; see [Codes.Set]).
//  3. A chunk that readers may hold is never moved, only replaced by a copy
//     while the old one stays as it was.
package quant
