// Package hnsw is an approximate nearest-neighbour index: the hierarchical
// navigable small world graph of Malkov and Yashunin (arXiv 1603.09320), with
// concurrent inserts, deletes with repair, filtered search and snapshots.
//
// The package holds links and nothing else. Vectors live behind Space, which
// answers one question: how far is this code from the nodes with these ids? So
// the graph needs no floats, files or kernels, and a page of plain Go is enough
// to test it.
//
// # Use
//
//	g, err := hnsw.New(space, nil)         // nil: M 16, efConstruction 200
//	err = g.Add(id)                        // its row is already in the space
//	hits := g.Search(nil, query, hnsw.Search{K: 10, Ef: 64})
//	g.Delete(id)                           // invisible from now on
//	free := g.Repair(hnsw.RepairOptions{}) // ids that may be used again
//
// # Layout
//
// A node is a dense uint32 chosen by the caller. Level 0 keeps up to 2M links
// per node in one flat slab; the upper levels keep M per node and level in
// another. Slabs hold no pointers, so the garbage collector never scans them.
// They grow by whole chunks, so no list ever moves under a reader.
//
//	links (level 0)   node 0           node 1           node 2
//	                 ┌──┬──┬──┬──┬──┐ ┌──┬──┬──┬──┬──┐ ┌──┬──┬──┬──┬──┐
//	                 │w0│w1│w2│0 │0 │ │w0│w1│0 │0 │0 │ │w0│w1│w2│w3│0 │  2M words each
//	                 └──┴──┴──┴──┴──┘ └──┴──┴──┴──┴──┘ └──┴──┴──┴──┴──┘
//	word              │up│down│ id + 1 (30 bits) │       0 ends the list
//
// A node's level is a hash of its id and the seed, so it is not stored.
//
// Links of the upper levels lead a new node that is on them to its neighbours
// there. On level 0 all walks begin at the nearest of some landmarks, nodes that
// are far from each other; in graphs of fewer than 1,024 nodes, where a descent
// through the levels ends.
//
// # Invariants
//
//  1. Words are written atomically, and at every moment a list is a list of
//     ids: readers take no locks.
//  2. A list is changed under the lock of its node. No goroutine holds two
//     node locks.
//  3. Level 0 contains a spanning tree, linked in both directions: a node has
//     one link marked up, to its parent, and the parent's link to it is marked
//     down. Pruning never drops a marked link, so every node is reachable from
//     every other, whatever the data: thousands of duplicates, clusters inserted
//     one after the other, or any history of deletes.
//  4. A new node becomes discoverable only when its own list is complete.
//  5. A deleted node stays in the graph, where searches walk through it but
//     never return it, until Repair has removed every link to it and every
//     search that could have met it has ended. Only then is its id free.
package hnsw
