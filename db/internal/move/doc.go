// Package move fills one version of a collection from another: with a new model,
// or, on the way back, with the previous one.
//
// It compares the two versions by id, in the order of the ids. A document that
// the new version has with the same hash and time of writing is done, so the new
// version itself says how far a move has come, whatever ended it and whatever was
// written since. Then it brings over, in rounds, the ids that were written
// meanwhile. The last round runs while nothing else runs on the old version.
//
//	Plan → Start → All → Rounds → Finish
package move
