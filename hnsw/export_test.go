package hnsw

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

// LevelOf returns the level of a node.
func (g *Graph) LevelOf(id uint32) int { return g.levelOf(id) }

// Entry returns the node at which searches begin.
func (g *Graph) Entry() uint32 { return entryNode(g.entry.Load()) }
