package hnsw

import "math"

// maxLevel is above anything that 2^30 nodes can reach with M ≥ 2, but for a
// chance of about one in a million.
const maxLevel = 31

// levelOf draws the level of a node from the geometric distribution of the
// paper (mean 1/ln M), by hashing its id: it needs no state, it is the same
// whoever asks, and a reused id gets its old place in the upper slab back.
func (g *Graph) levelOf(id uint32) int {
	h := mix(uint64(id) + g.opts.Seed*0x9e3779b97f4a7c15 + 1)
	u := float64(h>>11+1) / (1 << 53) // in (0, 1]
	return min(maxLevel, int(-math.Log(u)*g.levelMul))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
