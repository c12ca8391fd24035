// Package embeddertest has a test of the contract that every embedder.Embedder must
// keep, to run on your own, and a fake embedder for tests of other things.
//
//	func TestEmbedder(t *testing.T) {
//		embeddertest.Run(t, myEmbedder)
//	}
//
// Run checks that vectors have Spec().Dims finite numbers and unit length, that a text
// has the same vector alone and in any batch, that every kind of text is accepted
// (empty, blank, huge, invalid UTF-8), that concurrent use is safe (run it with
// -race), and that a cancelled context returns its error.
//
// The Fake needs no weights. Its vectors of texts that share words are near, and those
// of texts that share none are nearly orthogonal, so that a test can tell a right
// result from a wrong one.
package embeddertest
