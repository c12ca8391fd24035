package opensearch

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// state is what readers and writers of a collection must know of its transactions: see
// the package's comment. It is one document of the index.
type state struct {
	Next    int64      `json:"next"`           // the number of the next transaction
	Open    *opened    `json:"open,omitempty"` // the one that runs
	Done    []finished `json:"done,omitempty"` // those whose old documents are not tombstones yet
	Dead    []aborted  `json:"dead,omitempty"` // those that are never to be seen
	Settled int64      `json:"settled"`        // how many have left Done
	Token   string     `json:"token"`          // of the last change

	seqNo, term int64
	stored      bool
	at          time.Time // no later than when it was read
}

// opened is a transaction that runs.
type opened struct {
	N     int64  `json:"n"`
	Owner string `json:"owner"` // a token
}

// finished is a transaction that is committed. The documents in the slots Gone are no
// more, though they are still there.
type finished struct {
	N      int64    `json:"n"`
	Gone   []string `json:"gone"`
	Buried bool     `json:"buried,omitempty"` // there are tombstones in them
}

// tidy drops the transactions that are settled, unless one runs: it may take their slots
// for emptied.
func (s *state) tidy() {
	if s.Open != nil {
		return
	}
	before := len(s.Done)
	s.Done = slices.DeleteFunc(s.Done, func(f finished) bool { return f.Buried })
	s.Settled += int64(before - len(s.Done))
}

// aborted is a transaction that ended without a commit. A late request may still write
// its documents.
type aborted struct {
	N  int64 `json:"n"`
	At int64 `json:"at"` // Unix milliseconds
}

const stateSlot = "state"

// Old documents of a committed transaction become tombstones grace after the commit. A
// reader that has read the state and searched within fresh has seen one state.
const (
	grace = 10 * time.Second
	fresh = 7 * time.Second
)

// quiet reports whether there are no documents that are there and must not be seen, but
// for those of transactions that begin later.
func (s *state) quiet() bool { return s.Open == nil && len(s.Done) == 0 && len(s.Dead) == 0 }

// gone are the slots whose documents are no more.
func (s *state) gone() map[string]bool {
	out := map[string]bool{}
	for _, d := range s.Done {
		for _, slot := range d.Gone {
			out[slot] = true
		}
	}
	return out
}

// hidden are the transactions up to Next that are not to be seen.
func (s *state) hidden() []int64 {
	var out []int64
	if s.Open != nil {
		out = append(out, s.Open.N)
	}
	for _, d := range s.Dead {
		out = append(out, d.N)
	}
	return out
}

// dead reports whether a transaction ended without a commit, not long ago.
func (s *state) dead(tx int64) bool {
	for _, d := range s.Dead {
		if d.N == tx {
			return true
		}
	}
	return false
}

// sees reports whether documents of a transaction are to be seen. Those that were written
// without one have the number 0.
func (s *state) sees(tx int64) bool {
	return tx < s.Next && !slices.Contains(s.hidden(), tx)
}

// state reads the state.
func (c *Collection) state(ctx context.Context) (*state, error) {
	s := &state{Next: 1, at: time.Now()}
	var answer struct {
		Found  bool  `json:"found"`
		SeqNo  int64 `json:"_seq_no"`
		Term   int64 `json:"_primary_term"`
		Source struct {
			Doc struct {
				State *state `json:"state"`
			} `json:"doc"`
		} `json:"_source"`
	}
	err := c.d.client.do(ctx, call{method: http.MethodGet, path: c.path("_doc/" + stateSlot)}, &answer)
	if r, ok := errors.AsType[*refusal](err); ok && r.status == http.StatusNotFound && r.kind == "" {
		return s, nil // there was no transaction yet
	}
	if err != nil {
		return nil, err
	}
	if answer.Source.Doc.State != nil {
		at := s.at
		s = answer.Source.Doc.State
		s.at, s.seqNo, s.term, s.stored = at, answer.SeqNo, answer.Term, true
	}
	return s, nil
}

// errNothing is returned by a change of the state that is not needed.
var errNothing = errors.New("nothing to change")

// changeState changes the state by f, which may be called again with a newer one, and
// even if it was done before.
func (c *Collection) changeState(ctx context.Context, f func(*state) error) (*state, error) {
	mine := token()
	for attempt := 0; ; attempt++ {
		s, err := c.state(ctx)
		if err != nil {
			return nil, err
		}
		if s.Token == mine {
			return s, nil // the answer to the attempt before was lost
		}
		if err := f(s); errors.Is(err, errNothing) {
			return s, nil
		} else if err != nil {
			return nil, err
		}
		s.Token = mine
		body, err := json.Marshal(object{"doc": object{"state": s}})
		if err != nil {
			return nil, err
		}
		q := url.Values{"timeout": {c.d.client.set.timeout.String()}, "require_alias": {"true"}, "op_type": {"create"}}
		if s.stored {
			q.Del("op_type")
			q.Set("if_seq_no", strconv.FormatInt(s.seqNo, 10))
			q.Set("if_primary_term", strconv.FormatInt(s.term, 10))
		}
		err = c.d.client.do(ctx, call{method: http.MethodPut, path: c.path("_doc/"+stateSlot) + "?" + q.Encode(), body: body, write: true}, nil)
		if err == nil {
			return s, nil
		}
		r, ok := errors.AsType[*refusal](err)
		if conflict := ok && r.status == http.StatusConflict; !conflict && !errors.Is(err, errUnknown) {
			return nil, err
		}
		if backoff(ctx, attempt) != nil {
			return nil, err
		}
	}
}
