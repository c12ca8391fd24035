package builtin

import "math"

const (
	// wordStart precedes every word, so that 나 the pronoun and 나 within 하나 are two
	// pieces.
	wordStart = '▁'

	// noPiece marks a prefix of pieces that is not itself a piece.
	noPiece = -1
)

// unigram is a Unigram language model's vocabulary (Kudo 2018, "Subword
// regularization"): pieces with log probabilities. It is read-only once built.
//
// Pieces and all their prefixes are in one open-addressed hash table, keyed by the
// FNV-1a hash of their runes. All pieces that start at a rune are found by extending one
// hash, and the search ends at the first string that is not a prefix of a piece. Only
// hashes are compared. No two of these strings share one, which is checked when the
// vocabulary is built; any other string collides with odds of about 2^-48 per lookup.
type unigram struct {
	scores  []float32 // by piece
	unknown float64   // log probability of a rune no piece covers
	slots   []slot    // a power of two of them, at most half full
}

// slot holds one string. Hash 0 is a free slot.
type slot struct {
	hash  uint64
	piece int32
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func fnv(h uint64, r rune) uint64 { return (h ^ uint64(r)) * fnvPrime }

// newUnigram builds the table. Piece i is pieces[i].
func newUnigram(pieces []string, scores []float32) *unigram {
	u := &unigram{scores: scores}
	lowest := math.Inf(1)
	for _, s := range scores {
		lowest = min(lowest, float64(s))
	}
	u.unknown = lowest - 10 // as in SentencePiece
	size := 1
	for size < 4*len(pieces) {
		size *= 2
	}
	for !u.fill(pieces, make([]slot, size)) {
		size *= 2
	}
	return u
}

// fill fills slots with the pieces, and gives up when they are more than half full.
func (u *unigram) fill(pieces []string, slots []slot) bool {
	u.slots = slots
	room := len(slots) / 2
	for i, piece := range pieces {
		h, s := uint64(fnvOffset), (*slot)(nil)
		for _, r := range piece {
			h = fnv(h, r)
			s = u.find(h)
			if s.hash != 0 {
				continue
			}
			if room == 0 {
				return false
			}
			room--
			*s = slot{hash: h, piece: noPiece}
		}
		if s != nil {
			s.piece = int32(i)
		}
	}
	return true
}

// find returns the slot of h, or the free slot where it belongs.
func (u *unigram) find(h uint64) *slot {
	mask := uint64(len(u.slots) - 1)
	for i := (h ^ h>>32) & mask; ; i = (i + 1) & mask {
		if s := &u.slots[i]; s.hash == h || s.hash == 0 {
			return s
		}
	}
}

// lattice is the scratch space of segment.
type lattice struct {
	nodes [maxWord + 2]node
}

// node is a position between two runes: the last step of the best path to it.
type node struct {
	score float64
	from  int32
	piece int32 // or -2 minus a rune that no piece covers
}

// segment calls yield with the pieces of the most probable segmentation of word, from
// last to first, by Viterbi's algorithm. A rune that no piece covers is yielded as -2
// minus the rune.
func (u *unigram) segment(l *lattice, word []rune, yield func(piece int32)) {
	n := len(word) + 1
	for i := 1; i <= n; i++ {
		l.nodes[i].score = math.Inf(-1)
	}
	for i := range n {
		h, covered := uint64(fnvOffset), false
		for j := i; j < n; j++ {
			r := wordStart
			if j > 0 {
				r = word[j-1]
			}
			h = fnv(h, r)
			s := u.find(h)
			if s.hash == 0 {
				break
			}
			if s.piece == noPiece {
				continue
			}
			covered = covered || j == i
			score := l.nodes[i].score + float64(u.scores[s.piece])
			if score > l.nodes[j+1].score {
				l.nodes[j+1] = node{score: score, from: int32(i), piece: s.piece}
			}
		}
		if covered {
			continue
		}
		r := wordStart
		if i > 0 {
			r = word[i-1]
		}
		if score := l.nodes[i].score + u.unknown; score > l.nodes[i+1].score {
			l.nodes[i+1] = node{score: score, from: int32(i), piece: -2 - r}
		}
	}
	for j := int32(n); j > 0; j = l.nodes[j].from {
		yield(l.nodes[j].piece)
	}
}
