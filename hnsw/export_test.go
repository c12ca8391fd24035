package hnsw

// Walk is Search, but never a flat scan.
func (g *Graph) Walk(dst []Hit, q []byte, s Search) []Hit {
	s.walk = true
	return g.Search(dst, q, s)
}
