package opensearch

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// stored is a document as it is stored, in a slot: an _id of OpenSearch.
type stored struct {
	db.Prepared
	slot        string
	seqNo, term int64 // of this version
	key         string
	tx          int64
	dead        bool // a tombstone
	expired     bool
	token       string // of the write
	number      int64
	words       []uint64
}

// body is what is read of a document: the field doc of its source.
type body struct {
	Key         string `json:"key"`
	ID          string `json:"id,omitempty"`
	Title       string `json:"title,omitempty"`
	Text        string `json:"text,omitempty"`
	Source      string `json:"source,omitempty"`
	Chunk       int    `json:"chunk,omitempty"`
	Metadata    []byte `json:"metadata,omitempty"`
	Created     int64  `json:"created,omitempty"` // Unix microseconds, as Expires
	Expires     int64  `json:"expires,omitempty"`
	Precomputed bool   `json:"precomputed,omitempty"`
	Hash        []byte `json:"hash,omitempty"`
	TextHash    []byte `json:"text_hash,omitempty"`
	Tx          int64  `json:"tx,omitempty"`
	Number      int64  `json:"number,omitempty"` // documents of equal scores are in the order in which they were written
	Dead        bool   `json:"dead,omitempty"`
	Token       string `json:"token"`
}

// indexed is what a document is found by, and its body.
type indexed struct {
	Key     string          `json:"key"`
	ID      string          `json:"id,omitempty"`
	Source  string          `json:"source,omitempty"`
	Tx      *int64          `json:"tx,omitempty"` // none: it is never found
	Expires int64           `json:"expires,omitempty"`
	Dead    int64           `json:"dead,omitempty"` // since when, Unix milliseconds
	Fields  []string        `json:"fields,omitempty"`
	Columns []string        `json:"columns,omitempty"`
	Values  []string        `json:"values,omitempty"`
	Lists   []string        `json:"lists,omitempty"`
	Terms   string          `json:"terms,omitempty"`
	Sounds  []string        `json:"sounds,omitempty"`
	Length  int             `json:"length"`
	Number  int64           `json:"number,omitempty"`
	Words   []byte          `json:"words,omitempty"`
	Vector  []byte          `json:"vector,omitempty"`
	Head    json.RawMessage `json:"head,omitempty"`
	Doc     body            `json:"doc"`
}

// digest is a name of fixed length for a key.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return lower(sum[:16])
}

// token is a name that nothing else has.
func token() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return lower(b[:])
}

// lower writes bytes in characters that names of indices may have.
func lower(b []byte) string {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	var out strings.Builder
	bits, n := uint(0), 0
	for _, x := range b {
		bits, n = bits<<8|uint(x), n+8
		for ; n >= 5; n -= 5 {
			out.WriteByte(digits[bits>>(n-5)&31])
		}
	}
	if n > 0 {
		out.WriteByte(digits[bits<<(5-n)&31])
	}
	return out.String()
}

// A document is in the slot of its id, or, if a transaction replaced another that was
// there, in one beside it.
func slotOf(key string) string { return digest(key) }

func slotBeside(key string, n int) string { return digest(key) + "." + strconv.Itoa(n) }

func microseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// encode writes a document with its terms. Sounds are the terms behind the first length.
func (c *Collection) encode(d *db.Prepared, words analysed, tx, number int64, write string) ([]byte, error) {
	key := db.Composed(d.ID)
	x := indexed{
		Key: key, ID: d.ID, Source: db.Composed(d.Source), Tx: &tx, Expires: microseconds(d.Expires),
		Fields: fieldsOf(d), Length: words.length, Number: number, Words: packed(words.keys), Vector: vectorBytes(d.Embedding),
		Head: head(d.Embedding, c.Info().HeadDims),
		Doc: body{
			Key: key, ID: d.ID, Title: d.Title, Text: d.Text, Source: d.Source, Chunk: d.Chunk, Metadata: db.EncodeMetadata(d.Metadata),
			Created: microseconds(d.Created), Expires: microseconds(d.Expires), Precomputed: d.Precomputed,
			Hash: d.Hash[:], TextHash: d.TextHash[:], Tx: tx, Number: number, Token: write,
		},
	}
	x.Columns, x.Values, x.Lists = columnsOf(&d.Document)
	var terms strings.Builder
	for i, k := range words.keys {
		if i < words.length {
			terms.WriteString(term(k))
			terms.WriteByte(' ')
		} else if i == words.length || k != words.keys[i-1] {
			x.Sounds = append(x.Sounds, term(k))
		}
	}
	x.Terms = terms.String()
	return marshal(x)
}

// tombstone is what takes the slot of a document that is no more: a late request to
// create it fails.
func tombstone(key, write string) ([]byte, error) {
	return marshal(indexed{Key: key, Dead: time.Now().UnixMilli(), Doc: body{Key: key, Dead: true, Token: write}})
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v) // with a newline, as lines of JSON have it
	return b.Bytes(), err
}

// term is a term's key as a word.
func term(key uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], key)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// packed writes ascending keys, each once with how often it occurs.
func packed(keys []uint64) []byte {
	var out []byte
	last := uint64(0)
	for from := 0; from < len(keys); {
		to := from + 1
		for to < len(keys) && keys[to] == keys[from] {
			to++
		}
		out = binary.AppendUvarint(out, keys[from]-last)
		out = binary.AppendUvarint(out, uint64(to-from))
		last, from = keys[from], to
	}
	return out
}

var errForm = errors.New("a document of another form")

func unpacked(b []byte) ([]uint64, error) {
	keys := []uint64{}
	last := uint64(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errForm
		}
		times, m := binary.Uvarint(b[n:])
		if m <= 0 || times > math.MaxInt32 {
			return nil, errForm
		}
		last, b = last+step, b[n+m:]
		for range times {
			keys = append(keys, last)
		}
	}
	return keys, nil
}

// vectorBytes are the components, little-endian: JSON would round them or take twice the
// room.
func vectorBytes(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

func vectorOf(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

// head is what the graph has of an embedding: its first components at unit length, with
// five digits. It only proposes.
func head(v []float32, dims int) json.RawMessage {
	if dims > mostIndexed {
		return nil
	}
	v = v[:min(dims, len(v))]
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	by := 1.0
	if sum > 0 {
		by = 1 / math.Sqrt(sum)
	}
	out := append(make([]byte, 0, 9*len(v)), '[')
	for i, x := range v {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, float64(x)*by, 'g', 5, 32)
	}
	return append(out, ']')
}

// fieldsOf are the names of a document's fields with the types of their values.
func fieldsOf(d *db.Prepared) []string {
	var out []string
	for name, v := range d.Metadata {
		out = append(out, evaluate.TypeOf(v)+" "+db.Composed(name))
	}
	if d.Title != "" {
		out = append(out, evaluate.TypeOf("")+" title")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// analysed are the terms of a document: the first length of them are words.
type analysed struct {
	keys   []uint64
	length int
}

func (c *Collection) analyse(d *db.Prepared) analysed {
	keys, length := c.Terms(&d.Document)
	return analysed{keys, int(length)}
}
