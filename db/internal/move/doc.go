// Package move fills one version of a collection from another: with a new model,
// or, on the way back, with the previous one.
//
// It compares the two versions in the order of the ids. A document is done if the
// new version has it with the same hash and time of writing. So the new version
// itself records how far a move has come, whatever interrupted it and whatever was
// written since. The move then brings over, in rounds, the documents that were
// written meanwhile. The last round runs while nothing else runs on the old version.
//
//	Plan → Start → All → Rounds → Finish
package move
