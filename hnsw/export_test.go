package hnsw

import "slices"

// Walk is Search, but never a flat scan.
func (g *Graph) Walk(dst []Hit, q []byte, s Search) []Hit {
	s.walk = true
	return g.Search(dst, q, s)
}

// Scan is Search, but always a scan.
func (g *Graph) Scan(dst []Hit, q []byte, s Search) []Hit {
	s.scan = true
	return g.Search(dst, q, s)
}

// Landmarks returns the nodes at which searches begin.
func (g *Graph) Landmarks() []uint32 { return slices.Clone(g.landmarks.list()) }

// SetLandmarks makes searches begin at ids; with none, they descend to level 0.
func (g *Graph) SetLandmarks(ids ...uint32) { g.landmarks.set(ids, g.Len()) }

// LevelOf returns the level of a node.
func (g *Graph) LevelOf(id uint32) int { return g.levelOf(id) }

// Entry returns the node at which searches begin.
func (g *Graph) Entry() uint32 { return entryNode(g.entry.Load()) }
