package db

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// A snapshot holds the derived state of a collection as of one batch:
//
//	┌──────────┬─────────┬──────┬───────┬───────┬───────┬──────┬─────────┬────────┐
//	│ FRONYSNP │ version │ meta │ codes │ graph │ words │ live │ columns │ expiry │
//	│ 8 bytes  │ u32     │      │       │       │       │      │         │        │
//	└──────────┴─────────┴──────┴───────┴───────┴───────┴──────┴─────────┴────────┘
//
// meta, live, columns and expiry are blocks: length u64, bytes, CRC-32C u32. The codes,
// the graph and the words have formats of their own, with checksums. Everything is
// little-endian. A snapshot that does not fit in any way is not used.
const (
	snapshotMagic   = "FRONYSNP"
	snapshotVersion = 2
)

// snapshotMeta says what a snapshot is of.
type snapshotMeta struct {
	Database   string `json:"database"`
	Collection uint32 `json:"collection"`
	Seq        uint64 `json:"seq"`
	Nodes      uint32 `json:"nodes"`
	Dims       int    `json:"dims"`
	HeadDims   int    `json:"head_dims"`
	Tail       bool   `json:"tail"`
	// Calibration is how many candidates a result needs, as last measured.
	Calibration calibration `json:"calibration"`
}

var (
	errSnapshot = errors.New("snapshot does not fit")
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
)

// close ends the collection's background work and saves what is new. No
// operation is under way.
func (c *Collection) close() error {
	c.expiry.end()
	c.settle()
	var err error
	if !c.db.opts.ReadOnly {
		err = c.save()
	}
	return errors.Join(err, c.rows.Close())
}

// discard is close without saving.
func (c *Collection) discard() error {
	c.expiry.end()
	c.settle()
	return c.rows.Close()
}

func (c *Collection) encode(w io.Writer, seq uint64) error {
	n := c.bound()
	meta, err := json.Marshal(snapshotMeta{
		Database: fmt.Sprintf("%x", c.db.id), Collection: c.id, Seq: seq, Nodes: n,
		Dims: c.set.Dims, HeadDims: c.set.HeadDims, Tail: c.set.hasTail(),
		Calibration: *c.calibration.Load(),
	})
	if err != nil {
		return err
	}
	live := make([]byte, (n+7)/8)
	for node := range n {
		if c.nodes.visible(node, seq) {
			live[node/8] |= 1 << (node % 8)
		}
	}
	head := binary.LittleEndian.AppendUint32([]byte(snapshotMagic), snapshotVersion)
	if _, err := w.Write(head); err != nil {
		return err
	}
	if err := writeBlock(w, meta); err != nil {
		return err
	}
	if _, err := c.codes.heads.WriteTo(w); err != nil {
		return err
	}
	if c.codes.tails != nil {
		if _, err := c.codes.tails.WriteTo(w); err != nil {
			return err
		}
	}
	if _, err := c.graph.WriteTo(w); err != nil {
		return err
	}
	if _, err := c.words.WriteTo(w); err != nil {
		return err
	}
	if err := writeBlock(w, live); err != nil {
		return err
	}
	if err := writeBlock(w, c.attrs.Append(nil)); err != nil {
		return err
	}
	return writeBlock(w, c.expiry.append(nil))
}

func writeBlock(w io.Writer, b []byte) error {
	_, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(b))))
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		_, err = w.Write(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(b, castagnoli)))
	}
	return err
}

// readBlock reads a block of at most limit bytes.
func readBlock(r io.Reader, limit int64) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > uint64(limit) {
		return nil, fmt.Errorf("%w: a block of %d bytes", errSnapshot, n)
	}
	// Grown as it is read: the length may be a lie.
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, r, int64(n)); err != nil {
		return nil, err
	}
	var sum [4]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(sum[:]) != crc32.Checksum(buf.Bytes(), castagnoli) {
		return nil, fmt.Errorf("%w: checksum of a block", errSnapshot)
	}
	return buf.Bytes(), nil
}

// loadSnapshot reads the snapshot and brings it up to date from the change
// log. On an error the derived state is in no usable condition.
func (c *Collection) loadSnapshot(ctx context.Context, v *store.View, now store.State) (seq uint64, err error) {
	f, err := os.Open(c.derivedPath("snapshot"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	meta, live, err := c.decode(bufio.NewReaderSize(f, 1<<20), info.Size(), now)
	if err != nil {
		return 0, err
	}
	var aside []uint32
	for node := range meta.Nodes {
		if live[node/8]>>(node%8)&1 != 0 {
			if !c.graph.Has(node) {
				switch bad, err := c.vectorless(v, node); {
				case err != nil:
					return 0, err
				case !bad:
					return 0, fmt.Errorf("%w: node %d is missing from the graph", errSnapshot, node)
				}
				aside = append(aside, node)
			}
			c.nodes.bear(node, 0)
		} else {
			// It died with the last batch and was still seen.
			c.graph.Delete(node)
			c.words.Remove(node)
			c.expiry.forget(node)
		}
	}
	if err := c.replay(ctx, v, now, meta.Seq); err != nil {
		return 0, err
	}
	for _, node := range aside {
		if c.nodes.visible(node, now.Seq) && !c.graph.Has(node) {
			c.setAside(v, node)
		}
	}
	return meta.Seq, nil
}

func (c *Collection) decode(r io.Reader, size int64, now store.State) (m snapshotMeta, live []byte, err error) {
	head := make([]byte, len(snapshotMagic)+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return m, nil, err
	}
	if string(head[:len(snapshotMagic)]) != snapshotMagic {
		return m, nil, fmt.Errorf("%w: it is not one", errSnapshot)
	}
	if v := binary.LittleEndian.Uint32(head[len(snapshotMagic):]); v != snapshotVersion {
		return m, nil, fmt.Errorf("%w: version %d", errSnapshot, v)
	}
	b, err := readBlock(r, min(size, 1<<16))
	if err != nil {
		return m, nil, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, nil, fmt.Errorf("%w: %w", errSnapshot, err)
	}
	switch {
	case m.Database != fmt.Sprintf("%x", c.db.id) || m.Collection != c.id:
		return m, nil, fmt.Errorf("%w: it is of another collection", errSnapshot)
	case m.Dims != c.set.Dims || m.HeadDims != c.set.HeadDims || m.Tail != c.set.hasTail():
		return m, nil, fmt.Errorf("%w: it has %d and %d dims, tails %v", errSnapshot, m.Dims, m.HeadDims, m.Tail)
	case m.Seq > now.Seq || m.Nodes > now.Next:
		return m, nil, fmt.Errorf("%w: it is newer than the store", errSnapshot)
	}
	if err := c.empty(); err != nil {
		return m, nil, err
	}
	c.calibration.Store(&m.Calibration)
	if c.codes.heads, err = quant.ReadCodes(r); err != nil {
		return m, nil, err
	}
	if c.codes.tails != nil {
		if c.codes.tails, err = quant.ReadCodes(r); err != nil {
			return m, nil, err
		}
		if c.codes.tails.Dims() != c.set.Dims-c.set.HeadDims || c.codes.tails.Len() != int(m.Nodes) {
			return m, nil, fmt.Errorf("%w: tails are of another collection", errSnapshot)
		}
	}
	if c.graph, err = hnsw.Read(r, c.codes.heads); err != nil {
		return m, nil, err
	}
	if o := c.graph.Options(); o.M != c.set.M || c.codes.heads.Dims() != c.set.HeadDims || c.codes.heads.Len() != int(m.Nodes) {
		return m, nil, fmt.Errorf("%w: graph and codes are of another collection", errSnapshot)
	}
	if c.words, err = lexical.Read(r); err != nil {
		return m, nil, err
	}
	if live, err = readBlock(r, size); err != nil {
		return m, nil, err
	}
	if len(live) != int(m.Nodes+7)/8 {
		return m, nil, fmt.Errorf("%w: liveness of %d nodes", errSnapshot, len(live)*8)
	}
	if b, err = readBlock(r, size); err != nil {
		return m, nil, err
	}
	if c.attrs, err = attr.Decode(b); err != nil {
		return m, nil, err
	}
	if b, err = readBlock(r, size); err != nil {
		return m, nil, err
	}
	if c.expiry, err = decodeExpiry(b); err != nil {
		return m, nil, err
	}
	if n, err := io.CopyN(io.Discard, r, 1); n != 0 || !errors.Is(err, io.EOF) {
		return m, nil, fmt.Errorf("%w: there is more after it", errSnapshot)
	}
	return m, live, nil
}

// replay applies the change log after seq.
func (c *Collection) replay(ctx context.Context, v *store.View, now store.State, seq uint64) error {
	born := make(map[uint32]bool)
	complete, err := v.Changes(c.id, seq, func(ch store.Change) error {
		for _, node := range ch.Born {
			born[node] = true
		}
		for _, node := range ch.Dead {
			delete(born, node)
			c.nodes.kill(node, 0)
			c.graph.Delete(node)
			c.words.Remove(node)
			c.expiry.forget(node)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if !complete {
		return fmt.Errorf("%w: the change log since is incomplete", errSnapshot)
	}
	if len(born) == 0 {
		return nil
	}
	reused := false
	for node := range born {
		if c.graph.Known(node) {
			c.graph.Delete(node)
			reused = true
		}
	}
	if reused {
		c.graph.Repair(hnsw.RepairOptions{})
	}
	for node := range born {
		r, ok, err := v.Record(c.id, node, store.WithMetadata|store.WithText)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%w: node %d has no document", store.ErrCorrupt, node)
		}
		c.attrs.Set(node, columns(r.Metadata, r.Source))
		c.expiry.set(node, r.Expires)
		c.words.Add(node, r.Text)
		c.nodes.bear(node, 0)
	}
	return c.relink(ctx, v, now, born)
}
