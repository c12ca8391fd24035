package index

import (
	"sync"
	"testing"
)

// A search that began when a node was dead must not take the node's next life
// for the one before, at no moment of its birth.
func TestNodeReusedBesideReaders(t *testing.T) {
	n := newNodes()
	const nodes = nodeChunkSize
	for round := range uint64(200) {
		dead := 3*round + 1
		for node := range uint32(nodes) {
			n.bear(node, dead-1)
			n.kill(node, dead)
		}
		var wg sync.WaitGroup
		done := make(chan struct{})
		wg.Go(func() {
			for {
				for node := range uint32(nodes) {
					if n.visible(node, dead) {
						t.Errorf("round %d: node %d is seen by a search from before its birth", round, node)
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
		for node := range uint32(nodes) {
			n.bear(node, dead+1)
		}
		close(done)
		wg.Wait()
		if t.Failed() {
			return
		}
	}
}

// Batches are linked beside each other, so that a node may be killed before it is
// born. It is seen by the searches in between, and by none after.
func TestNodeKilledBeforeItsBirth(t *testing.T) {
	n := newNodes()
	n.bear(1, 2)
	n.kill(1, 4) // the life before
	n.kill(1, 7)
	n.bear(1, 5)
	for seq := range uint64(9) {
		if got, want := n.visible(1, seq), seq == 5 || seq == 6; got != want {
			t.Errorf("after batch %d: seen %t, want %t", seq, got, want)
		}
	}
}

// The death of a node's next life may be linked before its birth. It must not
// bring the former life back.
func TestDeathBeforeBirth(t *testing.T) {
	t.Parallel()
	n := newNodes()
	const node = 7
	n.bear(node, 1)
	n.kill(node, 2)
	n.clear(node) // its number is free
	n.kill(node, 9)
	for seq := range uint64(12) {
		if n.visible(node, seq) {
			t.Errorf("after batch %d the node is seen before it is born", seq)
		}
	}
	n.bear(node, 4)
	for seq := range uint64(12) {
		if got, want := n.visible(node, seq), seq >= 4 && seq < 9; got != want {
			t.Errorf("after batch %d the node is seen: %v, want %v", seq, got, want)
		}
	}
}
