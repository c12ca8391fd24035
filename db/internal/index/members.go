package index

import "sync"

// members are the nodes that dense search can return: those that live and have a sound
// vector. It also keeps the dead ones that the graph does not know, until a repair frees
// their numbers.
type members struct {
	mu    sync.RWMutex // guards the fields below
	nodes bits
	n     int
	dead  []uint32
}

// add adds nodes.
func (m *members) add(nodes ...uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, node := range nodes {
		if missing := int(node/64) + 1 - len(m.nodes); missing > 0 {
			m.nodes = append(m.nodes, make(bits, missing)...)
		}
		if !m.nodes.has(node) {
			m.nodes[node/64] |= 1 << (node % 64)
			m.n++
		}
	}
}

// remove takes a node out.
func (m *members) remove(node uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nodes.has(node) {
		m.nodes[node/64] &^= 1 << (node % 64)
		m.n--
	}
}

// has reports whether a node is one of them.
func (m *members) has(node uint32) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.nodes.has(node)
}

// count is how many there are.
func (m *members) count() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.n
}

// bury notes dead nodes that the graph does not know.
func (m *members) bury(nodes []uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = append(m.dead, nodes...)
}

// buried is how many dead nodes are noted.
func (m *members) buried() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.dead)
}

// exhume returns the dead nodes that are noted, and forgets them.
func (m *members) exhume() []uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	dead := m.dead
	m.dead = nil
	return dead
}
