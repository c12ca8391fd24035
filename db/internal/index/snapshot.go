package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/internal/frame"
	"github.com/fronyai/frony-db/quant"
)

// A snapshot holds the derived state of a version as of one batch:
//
//	┌──────────┬─────────┬──────┬───────┬───────┬─────────┬──────┬─────────┬────────┐
//	│ FRONYSNP │ version │ meta │ codes │ graph │ lexical │ live │ columns │ expiry │
//	│ 8 bytes  │ u32     │      │       │       │         │      │         │        │
//	└──────────┴─────────┴──────┴───────┴───────┴─────────┴──────┴─────────┴────────┘
//
// meta, live, columns and expiry are frames of one stream: see package frame. The
// codes, the graph and the lexical index are streams of their own in between.
// A snapshot that does not fit in any way is not used.
const (
	snapshotMagic   = "FRONYSNP"
	snapshotVersion = 6 // 5: with sketches; 6: a column of ids that are not composed

	maxMeta = 1 << 16 // bytes
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
	Rows       uint64 `json:"rows"` // stamp of the vector rows
	// TS is the timestamp of the newest batch, and Session the session of the store
	// that it is in: together a moment of this history and of no other.
	TS      uint64 `json:"ts"`
	Session string `json:"session"`
	// Islands is the number of documents when islands were last looked for.
	Islands int64 `json:"islands"`
	// Graph is how far the graph is. Empty is GraphReady, of earlier versions.
	Graph GraphState `json:"graph,omitempty"`
	// Full says which codes there are, if they were chosen, and Choice why.
	Full   *bool   `json:"full,omitempty"`
	Choice *Choice `json:"choice,omitempty"`
}

var errSnapshot = errors.New("snapshot does not fit")

// encode writes a snapshot as of a batch, for rows with the stamp.
func (x *Index) encode(w io.Writer, m mark, stamp uint64) error {
	n, seq := x.bound(), m.seq
	session, err := x.session(m.ts)
	if err != nil {
		return err
	}
	set, choice := x.coded(), x.choice.Load()
	var full *bool
	if choice != nil {
		full = &set.Full
	}
	meta, err := json.Marshal(snapshotMeta{
		Database: fmt.Sprintf("%x", x.opts.Database), Collection: x.id, Seq: seq, Nodes: n,
		Dims: x.set.Dims, HeadDims: x.set.HeadDims, Tail: set.HasTail(), Rows: stamp, TS: m.ts, Session: session,
		Islands: x.islands.Load(), Graph: x.graph.state(), Full: full, Choice: choice,
	})
	if err != nil {
		return err
	}
	links := x.graph.made.Load()
	if links == nil { // it is written as an empty one
		if links, err = x.newLinks(x.codes); err != nil {
			return err
		}
	}
	f := frame.NewWriter(w, snapshotMagic, snapshotVersion)
	f.Frame(meta)
	parts := []io.WriterTo{x.codes.heads, x.codes.sketches.Load(), links, x.lexical}
	if x.codes.tails != nil {
		parts = slices.Insert(parts, 1, io.WriterTo(x.codes.tails))
	}
	for _, p := range parts {
		if _, err := p.WriteTo(w); err != nil {
			return err
		}
	}
	live := make([]byte, (n+7)/8)
	for node := range n {
		if x.nodes.visible(node, seq) {
			live[node/8] |= 1 << (node % 8)
		}
	}
	f.Frame(live)
	f.Frame(x.attrs.Append(nil))
	f.Frame(x.expiry.append(nil))
	_, err = f.End()
	return err
}

// decode reads a snapshot of at most size bytes into the derived state, and
// returns which of its nodes live, a bit each.
func (x *Index) decode(r io.Reader, size int64, now store.State) (m snapshotMeta, live []byte, err error) {
	f, err := frame.NewReader(r, snapshotMagic, snapshotVersion)
	if err != nil {
		return m, nil, err
	}
	b, err := f.Next(nil, min(size, maxMeta))
	if err != nil {
		return m, nil, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, nil, fmt.Errorf("%w: %w", errSnapshot, err)
	}
	if m.Full != nil && m.Choice != nil && x.set.ChooseCodes {
		x.full.Store(*m.Full)
		x.choice.Store(m.Choice)
	}
	if err := x.fits(&m, now); err != nil {
		return m, nil, err
	}
	if err := x.empty(); err != nil {
		return m, nil, err
	}
	x.islands.Store(m.Islands)
	if err := x.decodeSearched(r, int(m.Nodes), m.Graph); err != nil {
		return m, nil, err
	}
	if live, err = f.Next(nil, size); err != nil {
		return m, nil, err
	}
	if len(live) != int(m.Nodes+7)/8 {
		return m, nil, fmt.Errorf("%w: liveness of %d nodes", errSnapshot, len(live)*8)
	}
	if b, err = f.Next(nil, size); err != nil {
		return m, nil, err
	}
	if x.attrs, err = attr.Decode(b); err != nil {
		return m, nil, err
	}
	if b, err = f.Next(nil, size); err != nil {
		return m, nil, err
	}
	if x.expiry, err = decodeExpiry(b); err != nil {
		return m, nil, err
	}
	if n, err := io.CopyN(io.Discard, r, 1); n != 0 || !errors.Is(err, io.EOF) {
		return m, nil, fmt.Errorf("%w: bytes follow its end", errSnapshot)
	}
	return m, live, nil
}

// fits checks that a snapshot is of this version and not newer than the store.
func (x *Index) fits(m *snapshotMeta, now store.State) error {
	switch set := x.coded(); {
	case m.Database != fmt.Sprintf("%x", x.opts.Database) || m.Collection != x.id:
		return fmt.Errorf("%w: it is of another collection", errSnapshot)
	case m.Dims != x.set.Dims || m.HeadDims != x.set.HeadDims || m.Tail != set.HasTail():
		return fmt.Errorf("%w: it has %d and %d dims, tails %v", errSnapshot, m.Dims, m.HeadDims, m.Tail)
	case m.Seq > now.Seq || m.Nodes > now.Next:
		return fmt.Errorf("%w: it is newer than the store", errSnapshot)
	}
	session, err := x.session(m.TS)
	if err == nil && session != m.Session {
		err = fmt.Errorf("%w: it is of another history of this database, which was set back", errSnapshot)
	}
	return err
}

// session is the name of the store's session that a timestamp is in.
func (x *Index) session(ts uint64) (string, error) {
	v := x.st.View(nil)
	defer v.Close()
	name, ok, err := v.SessionAt(ts)
	if err == nil && !ok {
		err = fmt.Errorf("%w: its moment is before all that the store remembers", errSnapshot)
	}
	return fmt.Sprintf("%x", name), err
}

// decodeSearched reads the codes, the graph and the lexical index.
func (x *Index) decodeSearched(r io.Reader, nodes int, state GraphState) (err error) {
	read, set := quant.ReadCodes, x.coded()
	if set.Full {
		read = quant.ReadFullCodes
	}
	if x.codes.heads, err = read(r); err != nil {
		return err
	}
	if x.codes.tails != nil {
		if x.codes.tails, err = quant.ReadCodes(r); err != nil {
			return err
		}
		if x.codes.tails.Dims() != x.set.Dims-x.set.HeadDims || x.codes.tails.Len() != nodes {
			return fmt.Errorf("%w: tails are of another collection", errSnapshot)
		}
	}
	sketches, err := quant.ReadSketches(r)
	if err != nil {
		return err
	}
	x.codes.sketches.Store(sketches)
	if sketches.Dims() != x.set.Dims || sketches.Len() != nodes {
		return fmt.Errorf("%w: sketches are of another collection", errSnapshot)
	}
	links, err := hnsw.Read(r, space{x.codes.heads, x})
	if err != nil {
		return err
	}
	switch state {
	case GraphReady, "":
		x.graph.made.Store(links)
		x.graph.fed.Store(true)
		x.graph.whole.Store(true)
	case GraphBuilding:
		x.graph.made.Store(links)
	case GraphNone:
	default:
		return fmt.Errorf("%w: its graph is %q", errSnapshot, string(state))
	}
	if o := links.Options(); o.M != x.set.M || x.codes.heads.Dims() != set.codeDims() || x.codes.heads.Len() != nodes {
		return fmt.Errorf("%w: graph and codes are of another collection", errSnapshot)
	}
	x.lexical, err = lexical.Read(r)
	return err
}
