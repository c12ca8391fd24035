package hnsw

import (
	"errors"
	"fmt"
	"slices"
)

// Check verifies the invariants of a graph at rest: lists hold distinct nodes in
// use, of the right level and within bounds; searches begin at nodes in use; there
// is one tree, linked in both directions; and every live node is reachable from the
// entry point. It returns all faults that it finds, up to a hundred. The time is
// linear in the number of links. No Add, Delete or Repair may run at the same time.
func (g *Graph) Check() error {
	c := &checker{g: g, s: g.slabs.Load()}
	g.twins.groups.Range(func(_, gr any) bool {
		for _, id := range gr.(*group).list() {
			c.members.Set(id)
		}
		return true
	})
	for id := range uint32(c.s.cap()) {
		c.node(id)
	}
	c.counts()
	c.starts()
	c.reachable()
	return errors.Join(c.faults...)
}

type checker struct {
	g            *Graph
	s            *slabs
	faults       []error
	live, dead   int64
	nodes        int
	rooted       bool
	words, other []uint32
	members      Bitset // of all groups
}

func (c *checker) fault(format string, args ...any) {
	if len(c.faults) < 100 {
		c.faults = append(c.faults, fmt.Errorf("hnsw: check: "+format, args...))
	}
}

// linked reports whether id is in the graph.
func (c *checker) linked(id uint32) bool {
	return int(id) < c.s.cap() && has(c.s.present, id)
}

func (c *checker) node(id uint32) {
	if !has(c.s.present, id) {
		if has(c.s.dead, id) {
			c.fault("node %d is free, yet marked deleted", id)
		}
		return
	}
	switch {
	case has(c.s.dead, id):
		c.dead++
	case !has(c.s.hidden, id):
		c.live++
	}
	if has(c.s.twin, id) {
		c.twin(id)
		return
	}
	if gr := c.g.groupOf(c.s, id); has(c.s.hidden, id) && (gr == nil || gr.live == 0) {
		c.fault("node %d is hidden and leads to no twin", id)
	}
	c.nodes++
	for level := range c.g.levelOf(id) + 1 {
		list := c.g.list(c.s, id, level)
		if list == nil {
			c.fault("node %d has no list on its level %d", id, level)
			continue
		}
		c.words = loadList(c.words, list)
		for i := len(c.words); i < len(list); i++ {
			if list[i] != 0 {
				c.fault("node %d level %d: link beyond the end of the list", id, level)
			}
		}
		for i, x := range c.words {
			to := nodeOf(x)
			switch {
			case to == id:
				c.fault("node %d level %d links to itself", id, level)
			case !c.linked(to):
				c.fault("node %d level %d links to %d, which is not in the graph", id, level, to)
			case has(c.s.twin, to):
				c.fault("node %d level %d links to %d, which is a twin", id, level, to)
			case c.g.levelOf(to) < level:
				c.fault("node %d level %d links to %d, which ends at level %d", id, level, to, c.g.levelOf(to))
			case find(c.words[:i], to) >= 0:
				c.fault("node %d level %d links to %d twice", id, level, to)
			case level > 0 && isTree(x):
				c.fault("node %d level %d: tree mark above level 0", id, level)
			}
		}
		if level == 0 {
			c.tree(id)
		}
	}
}

// twin checks a node that stands in a group.
func (c *checker) twin(id uint32) {
	c.words = loadList(c.words, c.g.links0(c.s, id))
	if len(c.words) != 1 || isTree(c.words[0]) {
		c.fault("twin %d has %d links, want that to its leader", id, len(c.words))
		return
	}
	leader := nodeOf(c.words[0])
	gr := c.g.groupOf(c.s, leader)
	switch {
	case !c.linked(leader) || has(c.s.twin, leader):
		c.fault("leader %d of twin %d is not in the graph", leader, id)
	case gr == nil || !c.members.Has(id):
		c.fault("leader %d does not know its twin %d", leader, id)
	case has(c.s.dead, leader) && !has(c.s.dead, id):
		c.fault("leader %d of twin %d is deleted", leader, id)
	}
}

// tree checks the tree links of a node, whose list is in c.words.
func (c *checker) tree(id uint32) {
	up := 0
	c.rooted = c.rooted || c.g.root == word(id)
	for _, x := range c.words {
		if !isTree(x) || !c.linked(nodeOf(x)) {
			continue
		}
		c.other = loadList(c.other, c.g.links0(c.s, nodeOf(x)))
		at := find(c.other, id)
		want := uint32(downMark)
		if x&downMark != 0 {
			want = upMark
		} else {
			up++
		}
		if x&treeMark == treeMark || at < 0 || c.other[at]&treeMark != want {
			c.fault("tree link of node %d to %d is not matched", id, nodeOf(x))
		}
	}
	switch {
	case up > 0 && c.g.root == word(id):
		c.fault("node %d is the root and has a parent", id)
	case up > 1:
		c.fault("node %d has %d parents", id, up)
	case up == 0:
		if c.g.root != word(id) && !has(c.s.dead, id) { // an old tree of nothing but deleted nodes may remain
			c.fault("node %d has no parent and is not the root", id)
		}
	}
	if n := kids(c.words); n > c.g.opts.M {
		c.fault("node %d has %d children, more than M", id, n)
	}
}

func (c *checker) counts() {
	if n := c.g.live.Load(); n != c.live {
		c.fault("%d live nodes are counted, %d found", n, c.live)
	}
	if n := c.g.dead.Load(); n != c.dead {
		c.fault("%d deleted nodes are counted, %d found", n, c.dead)
	}
}

// starts checks the nodes other than the entry point where searches begin.
func (c *checker) starts() {
	for _, id := range slices.Concat(c.g.seeds.list(), c.g.landmarks.list()) {
		if !c.linked(id) || has(c.s.twin, id) {
			c.fault("searches begin at %d, which is not in the graph", id)
		}
	}
}

// reachable walks level 0 from the entry point.
func (c *checker) reachable() {
	e := c.g.entry.Load()
	if e == 0 {
		if c.nodes > 0 {
			c.fault("%d nodes and no entry point", c.nodes)
		}
		return
	}
	if !c.rooted {
		c.fault("the root %d is not in the graph", nodeOf(c.g.root))
	}
	if !c.linked(entryNode(e)) {
		c.fault("the entry point %d is not in the graph", entryNode(e))
		return
	}
	if l := c.g.levelOf(entryNode(e)); l < entryLevel(e) {
		c.fault("the entry point %d is on level %d, want %d at most", entryNode(e), entryLevel(e), l)
	}
	var seen Bitset
	queue := []uint32{entryNode(e)}
	seen.Set(queue[0])
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		c.words = loadList(c.words, c.g.links0(c.s, id))
		for _, x := range c.words {
			if to := nodeOf(x); c.linked(to) && !seen.Has(to) {
				seen.Set(to)
				queue = append(queue, to)
			}
		}
	}
	for id := range uint32(c.s.cap()) {
		if c.linked(id) && !has(c.s.dead, id) && !has(c.s.twin, id) && !seen.Has(id) {
			c.fault("node %d is not reachable from the entry point", id)
		}
	}
}
