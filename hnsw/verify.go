package hnsw

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/fronyai/frony-db/internal/parallel"
)

// verify checks what a single frame of a snapshot cannot show.
func (d *decoder) verify() error {
	if err := d.verifyMarks(); err != nil {
		return err
	}
	if e := d.h.entry; e != 0 {
		id := entryNode(e)
		if id >= d.h.nodes || !has(d.s.present, id) || entryLevel(e) > d.g.levelOf(id) {
			return fmt.Errorf("%w: entry point %#x", ErrCorrupt, e)
		}
		if root := nodeOf(d.h.root); root >= d.h.nodes || !has(d.s.present, root) {
			return fmt.Errorf("%w: root %#x", ErrCorrupt, d.h.root)
		}
	}
	for _, id := range slices.Concat(d.g.seeds.list(), d.g.landmarks.list()) {
		if id >= d.h.nodes || !has(d.s.present, id) || has(d.s.twin, id) {
			return fmt.Errorf("%w: searches begin at %d, which is not in the graph", ErrCorrupt, id)
		}
	}
	if err := d.verifyUpperLists(); err != nil {
		return err
	}
	return d.verifyLinks()
}

// verifyMarks checks that only nodes are marked, that only nodes in use are
// deleted, and that there is an entry point if there are any.
func (d *decoder) verifyMarks() error {
	for c := range d.s.present {
		for i := range chunkWords {
			present, dead := d.s.present[c][i].Load(), d.s.dead[c][i].Load()
			twin, hidden := d.s.twin[c][i].Load(), d.s.hidden[c][i].Load()
			first := c<<chunkShift + i<<6
			if dead&^present != 0 || twin&^present != 0 || hidden&(^present|dead|twin) != 0 || present>>max(0, min(64, int(d.h.nodes)-first)) != 0 {
				return fmt.Errorf("%w: the marks of nodes contradict each other", ErrCorrupt)
			}
		}
	}
	if (d.h.entry == 0) != (count(d.s.present) == 0) {
		return fmt.Errorf("%w: nodes without an entry point, or the reverse", ErrCorrupt)
	}
	return nil
}

// groups makes the groups of twins, and checks that each twin has a leader, and
// that a hidden leader has live twins.
func (d *decoder) groups() error {
	g := d.g
	for id := range marked(d.s.twin) {
		list := loadList(nil, g.links0(&d.s, id))
		if len(list) != 1 || isTree(list[0]) {
			return fmt.Errorf("%w: twin %d has no leader", ErrCorrupt, id)
		}
		leader := nodeOf(list[0])
		if !has(d.s.present, leader) || has(d.s.twin, leader) || has(d.s.dead, leader) && !has(d.s.dead, id) {
			return fmt.Errorf("%w: leader %d of twin %d", ErrCorrupt, leader, id)
		}
		v, _ := g.twins.groups.LoadOrStore(leader, new(group))
		gr := v.(*group)
		members := append(gr.list(), id)
		gr.members.Store(&members)
		mark(d.s.grouped, leader)
		if !has(d.s.dead, id) {
			gr.live++
		}
	}
	for id := range marked(d.s.hidden) {
		if gr := g.groupOf(&d.s, id); gr == nil || gr.live == 0 {
			return fmt.Errorf("%w: hidden node %d leads to nothing", ErrCorrupt, id)
		}
	}
	return nil
}

// verifyUpperLists checks that no two nodes share an upper list.
func (d *decoder) verifyUpperLists() error {
	used := NewBitset(int(d.h.upper))
	for c, chunk := range d.s.upperAt {
		for i, first := range chunk {
			if first == 0 {
				continue
			}
			id := uint32(c<<chunkShift + i)
			for level := range uint32(d.g.levelOf(id)) {
				if used.Has(first - 1 + level) {
					return fmt.Errorf("%w: upper lists of node %d belong to another", ErrCorrupt, id)
				}
				used.Set(first - 1 + level)
			}
		}
	}
	return nil
}

// verifyLinks checks that nodes in use link only to nodes in use. Links to nodes
// beyond the last were found before.
func (d *decoder) verifyLinks() error {
	if count(d.s.present) == int64(d.h.nodes) {
		return nil
	}
	return parallel.Try(len(d.s.links), func(c int) error {
		for id := uint32(c << chunkShift); id>>chunkShift == uint32(c); id++ {
			if !has(d.s.present, id) {
				continue
			}
			for level := range d.g.levelOf(id) + 1 {
				for _, x := range d.g.list(&d.s, id, level) {
					if x != 0 && !has(d.s.present, nodeOf(x)) {
						return fmt.Errorf("%w: node %d links to %d, which is not in the graph", ErrCorrupt, id, nodeOf(x))
					}
				}
			}
		}
		return nil
	})
}

// count returns the number of marked nodes.
func count(m []*marks) (n int64) {
	for _, chunk := range m {
		for i := range chunk {
			n += int64(bits.OnesCount64(chunk[i].Load()))
		}
	}
	return n
}
