package hnsw

import "math"

// levelOf draws the level of a node from the geometric distribution of the
// paper: one node in M is on level 1, one in M² on level 2. It hashes the id, so
// it needs no state, it is the same on every machine, and a reused id gets its
// old place in the upper slab back.
func (g *Graph) levelOf(id uint32) int {
	h := mix(uint64(id) + g.opts.Seed*0x9e3779b97f4a7c15)
	level := 0
	for limit := math.MaxUint64 / uint64(g.opts.M); h < limit; limit /= uint64(g.opts.M) {
		level++
	}
	return level
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
