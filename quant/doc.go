// Package quant turns embeddings into small codes and compares them: codes of four
// or eight bits a dimension for graphs, and sketches of one or two for whole scans.
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
// # Full codes
//
// Not every model's heads are embeddings. [FullQuantizer] makes codes of the same
// size from all dimensions: four bits for each, of the rotated vector ([Rotation]),
// whose numbers are distributed normally whatever the model. A code c = 0…15 stands
// for 2c − 15, in steps of 0.3352 standard deviations.
//
//	             half as many bytes as dims, up to a multiple of 32
//	┌──────────────────────────────────────────────────────────────────────┐
//	│ low nibbles: the first dimensions; high nibbles: the others, then 0  │
//	└──────────────────────────────────────────────────────────────────────┘
//
// They are in [Codes], too, which compares them with each other, or with a query
// that has a signed byte for each dimension.
//
// # Sketches
//
// A graph needs good distances between neighbours; a scan of a whole table needs
// small rows. A sketch has one or two bits for each dimension of the rotated vector,
// and after RaBitQ (Gao and Long, SIGMOD 2024) a correction, so that the estimate of
// a product has no bias. What is sketched is the difference x − m from a center m,
// the mean of the collection. For unit vectors:
//
//	cos(q, x) = ⟨q − m, x − m⟩ + ⟨x, m⟩ + ⟨q, m⟩ − ⟨m, m⟩
//	  ⟨q, y⟩  ≈ ⟨q, s⟩ · ⟨y, y⟩ / ⟨y, s⟩      s the sketch of y: ±1, or ±1 and ±3
//
// [Sketches] is a table of them. Its rows lie in blocks of 64, transposed, so that
// a register holds the same eight dimensions of 64 rows:
//
//	  first bits of all dims     second bits, if 2          words       shifts
//	┌──────┬───────┬─────────┬──────┬───────┬─────────┬──────────┬──────────────┐
//	│ 0…7  │ 8…15  │ …       │ 0…7  │ 8…15  │ …       │ w₀ … w₆₃ │ float32s     │
//	│ 64 B │ 64 B  │ to dims │ 64 B │ 64 B  │ to dims │ 64 × 4 B │ 64 × 4 B     │
//	└──────┴───────┴─────────┴──────┴───────┴─────────┴──────────┴──────────────┘
//
// Dimensions are padded with zeros to a multiple of 16. The 64 bytes are in an order
// that the kernels unpack to that of the rows: the numbers 0…63 with the bits 2 and
// 3 in the place of 4 and 5. A word has the sum of the row's codes (of its bits, if
// there is one for each dimension) in its low half, and ⟨y, y⟩ / ⟨y, s⟩ in its high
// half, in units of (1 + the length of m) / 65,535. A shift is ⟨x, m⟩.
//
// # Invariants
//
//  1. No byte of a code is −128.
//  2. A row is written before its id is published to readers (this is up to the
//     caller; see [Codes.Set] and [Sketches.SetCode]).
//  3. A chunk that readers may hold is never moved, only replaced by a copy; the
//     old one does not change.
package quant
