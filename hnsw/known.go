package hnsw

// Known reports whether id is in use: live, or deleted and not yet returned by
// Repair. Any other id may be added.
func (g *Graph) Known(id uint32) bool {
	return has(g.slabs.Load().present, id)
}
