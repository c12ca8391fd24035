// Package archive is the stream of a backup: compressed blocks of several kinds,
// with checksums.
//
//	┌──────────┬─────────┬─ zstd ──────────────────────────────────────────┐
//	│ FRONYBAK │ version │ header │ collection … │ collection … │ manifest │
//	│ 8 bytes  │ u32     │        │              │              │          │
//	└──────────┴─────────┴─────────────────────────────────────────────────┘
//	collection:  description · list of live nodes · documents
//	block:       kind u8 · length u32 · bytes
//
// Header, manifest and descriptions are JSON. The list holds the difference of
// each node from the one before, as uvarints. A document is its node, and its
// record and vector with their lengths. The manifest has the SHA-256 of each
// collection's blocks, and of all blocks before it. Numbers are little-endian.
//
// The stream holds no file names, so none can lead out of the directory that it
// is restored to.
package archive

import "errors"

// ErrInvalid is returned for a stream that is damaged, incomplete or not a backup.
var ErrInvalid = errors.New("invalid backup")

// Kind is the kind of a block.
type Kind byte

// The kinds.
const (
	Header     Kind = 'H'
	Collection Kind = 'C'
	Live       Kind = 'L'
	Documents  Kind = 'D'
	Manifest   Kind = 'M'
)

const (
	magic   = "FRONYBAK"
	version = 1

	partSize = 1 << 20  // size at which a block is written
	maxBlock = 64 << 20 // largest size of a block

	// maxRatio is the largest compression ratio, after the first few blocks. Texts
	// and vectors never come near it.
	maxRatio = 1000
)
