// Package embeddertest holds the contract every embedder.Embedder must keep,
// as a test to run on your own, and a fake embedder for tests of other things.
//
//	func TestEmbedder(t *testing.T) {
//		embeddertest.Run(t, myEmbedder)
//	}
//
// Run checks what the store relies on: vectors of Spec().Dims finite numbers
// and unit length, the same vector for the same text alone and within any
// batch, every kind of text accepted (empty, blank, huge, invalid UTF-8), safe
// concurrent use (run it with -race), and a cancelled context answered with
// its error.
//
// The Fake needs no weights. It gives texts that share words near vectors and
// texts that share none nearly orthogonal ones, so that a test of a store can
// tell a right result from a wrong one.
package embeddertest
