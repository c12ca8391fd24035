package hnsw

// Delete hides id from searches that begin after it returns, and reports whether
// id was live. The node stays in the graph, and its row must stay in the space,
// until Repair returns the id.
func (g *Graph) Delete(id uint32) bool {
	g.freeze.RLock()
	defer g.freeze.RUnlock()
	s := g.slabs.Load()
	if !has(s.present, id) || !mark(s.dead, id) {
		return false
	}
	g.live.Add(-1)
	g.dead.Add(1)
	return true
}
