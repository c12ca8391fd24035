package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/trie"
)

// unigram is SentencePiece's model (Kudo, "Subword Regularization", 2018). Every piece has
// a log probability, and a word is split into the pieces with the largest sum (Viterbi). A
// character that no piece covers costs unkPenalty more than the worst piece, and adjacent
// ones become one token.
//
// Ties are resolved as in the reference: the first path found wins, with starts and lengths
// ascending. So sums are float64 and added in the same order.
type unigram struct {
	trie         *trie.Trie
	scores       []float64
	unk          int32
	unkScore     float64
	bytes        [256]int32 // ids of <0x00> … <0xFF>, if byteFallback
	byteFallback bool
}

const unkPenalty = 10

// cell is the best segmentation of the text that ends here.
type cell struct {
	score float64
	start int32 // of its last piece; -1: none yet
	id    int32
}

// edge is a piece on the best path.
type edge struct{ start, id int32 }

func loadUnigram(vocab, unk, fallback json.RawMessage) (*unigram, error) {
	u := &unigram{}
	var entries []trie.Entry
	worst := math.Inf(1)
	s := &scanner{data: vocab}
	err := s.list('[', ']', func() error {
		if err := s.expect('['); err != nil {
			return err
		}
		piece, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(','); err != nil {
			return err
		}
		score, err := s.number()
		if err != nil {
			return err
		}
		entries = append(entries, trie.Entry{Key: piece, Value: uint32(len(u.scores))})
		u.scores = append(u.scores, score)
		worst = min(worst, score)
		return s.expect(']')
	})
	if err != nil {
		return nil, invalid("model.vocab", "%v", err)
	}
	if isNull(unk) {
		return nil, unsupported("model.unk_id", "null: characters outside the vocabulary need an id")
	}
	if err := decode("model.unk_id", unk, &u.unk); err != nil {
		return nil, err
	}
	if u.unk < 0 || int(u.unk) >= len(u.scores) {
		return nil, invalid("model.unk_id", "%d, the vocabulary has %d pieces", u.unk, len(u.scores))
	}
	u.unkScore = worst - unkPenalty
	if u.trie, err = trie.New(entries); err != nil {
		return nil, invalid("model.vocab", "%v", err)
	}
	if !isNull(fallback) {
		if err := decode("model.byte_fallback", fallback, &u.byteFallback); err != nil {
			return nil, err
		}
	}
	for b := range u.bytes {
		id, ok := u.id(fmt.Sprintf("<0x%02X>", b))
		if !ok {
			id = -1
		}
		u.bytes[b] = id
	}
	return u, nil
}

func (u *unigram) id(token string) (int32, bool) {
	v, ok := u.trie.Get(token)
	return int32(v), ok
}

func (u *unigram) size() int    { return len(u.scores) }
func (u *unigram) maxID() int32 { return int32(len(u.scores) - 1) }

// maxWord is the longest word that one Viterbi pass indexes.
const maxWord = 1 << 30

func (u *unigram) encode(e *encoder, word []byte) {
	for len(word) > maxWord {
		cut := maxWord
		for !utf8.RuneStart(word[cut]) {
			cut--
		}
		u.encode(e, word[:cut])
		word = word[cut:]
	}
	u.viterbi(e, word)
	e.path = e.path[:0]
	for end := int32(len(word)); end > 0; {
		c := e.cells[end]
		e.path = append(e.path, edge{c.start, c.id})
		end = c.start
	}
	for i := len(e.path) - 1; i >= 0; i-- {
		if e.path[i].id != u.unk {
			e.ids = append(e.ids, e.path[i].id)
			continue
		}
		start := e.path[i].start
		for i > 0 && e.path[i-1].id == u.unk {
			i--
		}
		end := int32(len(word))
		if i > 0 {
			end = e.path[i-1].start
		}
		u.unknown(e, word[start:end])
	}
}

// viterbi fills e.cells for word.
func (u *unigram) viterbi(e *encoder, word []byte) {
	n := len(word)
	if cap(e.cells) < n+1 {
		e.cells = make([]cell, n+1+n/2)
	}
	cells := e.cells[:n+1]
	for i := range cells {
		cells[i] = cell{start: -1}
	}
	t, root := u.trie, u.trie.Root()
	for i := 0; i < n; {
		base, size := cells[i].score, 1
		if word[i] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(word[i:])
		}
		single := false
		node := root
		for j := i; j < n; j++ {
			next, v, ok := t.Step(node, word[j])
			if !ok {
				break
			}
			node = next
			if v == 0 {
				continue
			}
			score := u.scores[v-1] + base
			if c := &cells[j+1]; c.start < 0 || score > c.score {
				*c = cell{score, int32(i), int32(v - 1)}
			}
			if j+1-i == size {
				single = true
			}
		}
		if !single {
			score := u.unkScore + base
			if c := &cells[i+size]; c.start < 0 || score > c.score {
				*c = cell{score, int32(i), u.unk}
			}
		}
		i += size
	}
}

// unknown encodes a stretch that the best path leaves to the unknown token: as a piece if
// the whole stretch is one, else as bytes if the model has tokens for all of them, else as
// a single unknown token.
func (u *unigram) unknown(e *encoder, text []byte) {
	if id, ok := u.trie.Get(string(text)); ok {
		e.ids = append(e.ids, int32(id))
		return
	}
	if u.byteFallback {
		start := len(e.ids)
		for _, b := range text {
			if u.bytes[b] < 0 {
				e.ids = e.ids[:start]
				break
			}
			e.ids = append(e.ids, u.bytes[b])
		}
		if len(e.ids) > start {
			return
		}
	}
	e.ids = append(e.ids, u.unk)
}
