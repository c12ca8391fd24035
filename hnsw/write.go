package hnsw

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fronyai/frony-db/internal/frame"
)

// WriteTo writes a snapshot, which Read reads, and returns the number of bytes
// written. Searches continue, but inserts and deletes wait, so write to something
// fast. Saving the rows is up to the caller.
func (g *Graph) WriteTo(out io.Writer) (int64, error) {
	g.repair.Lock()
	defer g.repair.Unlock()
	g.freeze.Lock()
	defer g.freeze.Unlock()
	s := g.slabs.Load()
	h := header{
		m:              uint32(g.opts.M),
		efConstruction: uint32(g.opts.EfConstruction),
		nodes:          uint32(s.cap()),
		upper:          uint32(g.upperLen),
		seed:           g.opts.Seed,
		entry:          g.entry.Load(),
		root:           g.root,
		seeds:          uint32(len(g.seeds.list())),
		landmarks:      uint32(len(g.landmarks.list())),
		settle:         uint64(g.landmarks.next.Load()),
	}
	for h.nodes > 0 && !has(s.present, h.nodes-1) {
		h.nodes--
	}
	w := frame.NewWriter(out, snapshotMagic, snapshotVersion)
	w.Frame(h.encode())
	var b []byte
	for i := range h.nodeFrames() {
		n := h.nodesIn(i)
		b = appendWords(b[:0], s.links[i][:n*g.m0])
		b = appendWords(b, s.upperAt[i][:n])
		b = appendMarks(b, s.present[i])
		b = appendMarks(b, s.dead[i])
		b = appendMarks(b, s.twin[i])
		b = appendMarks(b, s.hidden[i])
		w.Frame(b)
	}
	for i := range h.upperFrames() {
		b = appendWords(b[:0], s.upper[i][:h.listsIn(i)*g.opts.M])
		w.Frame(b)
	}
	w.Frame(appendWords(b[:0], g.seeds.list()))
	w.Frame(appendWords(b[:0], g.landmarks.list()))
	n, err := w.End()
	if err != nil {
		return n, fmt.Errorf("hnsw: write snapshot: %w", err)
	}
	return n, nil
}

func appendWords(b []byte, words []uint32) []byte {
	for _, x := range words {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func appendMarks(b []byte, m *marks) []byte {
	for i := range m {
		b = binary.LittleEndian.AppendUint64(b, m[i].Load())
	}
	return b
}
