// Package purego runs encoders in Go, with assembly for the inner loops and
// without cgo.
//
// # Why it is fast
//
// Nearly all of an encoder's time goes to products of activations with constant
// weights. New packs each weight matrix once into panels as wide as
// the processor's tile (see package kernel), so that a product reads them as
// one stream:
//
//	W [out, in]  →  panel 0            panel 1
//	                in × Cols floats   in × Cols floats   …
//
// Texts of a batch are laid end to end, with no padding between them: the
// products see one matrix of all tokens, and attention runs text by text. A text costs
// no more than its own length, and there is no mask.
//
// With Options.Int8, weights are bytes, and activations become bytes row by row
// before each product. Attention stays in float32.
//
// # How the cores are used
//
// A batch is cut into chunks of about chunkTokens tokens. If there are enough
// of them, each core takes whole chunks and never waits for another; otherwise
// the cores share each step of one chunk: rows and panels of a product, heads
// of the attention. So one long text uses all cores too.
//
// # Invariants
//
//  1. A text's vector has the same bits alone, in any batch, and for any number
//     of threads: every element is summed in the same order (package kernel).
//  2. The weights are not changed after New. Everything else is in a workspace that
//     one call of Embed owns.
//  3. The embedding table is not copied. Its rows are read as they are needed.
package purego
