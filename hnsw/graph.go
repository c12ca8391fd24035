package hnsw

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/internal/epoch"
)

// Graph is the index. All methods may be called concurrently; searches take no
// locks and never wait.
type Graph struct {
	space Space
	opts  Options
	m0    int // slots of a level-0 list: 2M

	slabs atomic.Pointer[slabs]
	entry atomic.Uint64 // level<<32 | word of the node where searches begin; 0 when empty
	live  atomic.Int64  // ids in use and not deleted
	dead  atomic.Int64  // ids deleted and not yet freed

	// locks guard the lists: locks[id%len(locks)] guards those of node id. A
	// holder takes no other lock.
	locks [512]struct {
		sync.Mutex
		_ [56]byte // a cache line of its own
	}

	freeze sync.RWMutex // held for reading while the graph is changed, for writing by WriteTo

	grow     sync.Mutex // guards upperLen and the publishing of slabs
	upperLen int        // blocks of slabs.upper in use

	tree sync.Mutex // guards root, and changes of the tree beyond adding a leaf; taken before node locks
	root uint32     // word of the tree's root

	twins twins
	seeds seeds

	landmarks landmarks

	repair sync.Mutex // held by Repair and WriteTo; taken before freeze
	epoch  epoch.Epoch

	pool sync.Pool // of *scratch
}

// New returns an empty graph over space. nil options mean the defaults. The
// error wraps ErrOptions and names all options that are out of range.
func New(space Space, opts *Options) (*Graph, error) {
	o, err := opts.withDefaults()
	if space == nil {
		err = errors.Join(err, errors.New("hnsw: New needs a space"))
	}
	if err != nil {
		return nil, err
	}
	g := &Graph{
		space: space,
		opts:  o,
		m0:    2 * o.M,
	}
	g.slabs.Store(new(slabs))
	g.pool.New = func() any { return g.newScratch() }
	return g, nil
}

// Options returns the parameters of the graph, defaults filled in.
func (g *Graph) Options() Options { return g.opts }

// Len returns the number of live nodes.
func (g *Graph) Len() int { return int(g.live.Load()) }

// Dead returns the number of deleted nodes that Repair has not freed yet. They
// cost memory and a little search time. Repair when they are a tenth of Len.
func (g *Graph) Dead() int { return int(g.dead.Load()) }

// Has reports whether id is live.
func (g *Graph) Has(id uint32) bool {
	return g.has(g.slabs.Load(), id)
}

// Known reports whether id is in use: live, or deleted and not yet returned by
// Repair. Any other id may be added.
func (g *Graph) Known(id uint32) bool { return has(g.slabs.Load().present, id) }

// Bytes returns the memory used by the links. The Space is not included.
func (g *Graph) Bytes() int64 {
	s := g.slabs.Load()
	perNode := int64(g.m0)*4 + 4
	return int64(s.cap())*perNode + int64(s.cap())/64*8*5 + int64(len(s.upper))*upperLists*int64(g.opts.M)*4
}

func (g *Graph) lock(id uint32) *sync.Mutex { return &g.locks[int(id)%len(g.locks)].Mutex }

// An entry point packs a level and a link word.
func entryOf(level int, id uint32) uint64 { return uint64(level)<<32 | uint64(word(id)) }
func entryLevel(e uint64) int             { return int(e >> 32) }
func entryNode(e uint64) uint32           { return nodeOf(uint32(e)) }
