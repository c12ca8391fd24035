package opensearch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// action is a write to one slot.
type action struct {
	slot        string
	seqNo, term int64  // of the version that it takes the place of; no term: of nothing
	body        []byte // nil: the slot becomes free
}

// over is an action that takes the place of what was read.
func over(d *stored, body []byte) action {
	return action{slot: d.slot, seqNo: d.seqNo, term: d.term, body: body}
}

// outcome is what became of an action.
type outcome uint8

const (
	undone   outcome = iota // it was not tried, or refused for now
	conflict                // the slot holds another version
	lost                    // it may have been done
	done
)

// result is what became of an action, and the version that it made.
type result struct {
	outcome     outcome
	seqNo, term int64
}

// Requests are no longer than this, but for a document that is.
const bulkBytes = 8 << 20

// bulk writes to slots. Each action is done or not, by itself; those that are done can be
// found when it returns. An error says that something is wrong with the requests or the
// index; results are what became of the actions until then.
func (c *Collection) bulk(ctx context.Context, actions []action) ([]result, error) {
	results := make([]result, len(actions))
	for from := 0; from < len(actions); {
		var b bytes.Buffer
		to := from
		for ; to < len(actions) && (b.Len() == 0 || b.Len()+len(actions[to].body) < bulkBytes); to++ {
			actions[to].write(&b, c.meta.Alias)
		}
		sent, err := c.send(ctx, b.Bytes(), results[from:to])
		if err != nil || !sent {
			return results, err
		}
		from = to
	}
	return results, nil
}

func (a *action) write(b *bytes.Buffer, index string) {
	op := "index"
	switch {
	case a.body == nil:
		op = "delete"
	case a.term == 0:
		op = "create"
	}
	fmt.Fprintf(b, `{%q:{"_index":%q,"_id":%q`, op, index, a.slot)
	if a.term != 0 {
		fmt.Fprintf(b, `,"if_seq_no":%d,"if_primary_term":%d`, a.seqNo, a.term)
	}
	b.WriteString("}}\n")
	b.Write(a.body)
}

// send sends a request. It reports whether it was answered.
func (c *Collection) send(ctx context.Context, body []byte, results []result) (sent bool, err error) {
	var answer struct {
		Items []map[string]struct {
			Status int     `json:"status"`
			SeqNo  int64   `json:"_seq_no"`
			Term   int64   `json:"_primary_term"`
			Error  failure `json:"error"`
		} `json:"items"`
	}
	set := c.d.client.set
	q := url.Values{"refresh": {set.refresh}, "timeout": {set.timeout.String()}, "require_alias": {"true"}}
	err = c.d.client.do(ctx, call{method: http.MethodPost, path: "/_bulk?" + q.Encode(), body: body, lines: true, write: true}, &answer)
	if errors.Is(err, errUnknown) || err == nil && len(answer.Items) != len(results) {
		for i := range results {
			results[i].outcome = lost
		}
		return false, nil
	}
	if err != nil {
		if again(err, true) {
			return false, nil // nothing was written, for now
		}
		return false, err
	}
	var wrong error
	for i, item := range answer.Items {
		for _, a := range item {
			r := &results[i]
			r.seqNo, r.term = a.SeqNo, a.Term
			switch {
			case a.Status < 300:
				r.outcome = done
			case a.Status == http.StatusConflict, a.Status == http.StatusNotFound && a.Error.Type == "":
				r.outcome = conflict
			case a.Status == http.StatusTooManyRequests:
				r.outcome = undone
			case a.Status >= 500:
				r.outcome = lost
			default:
				wrong = &refusal{a.Status, a.Error.Type, a.Error.Reason}
			}
		}
	}
	return true, wrong
}

// refresh makes all that is written visible, also what was written by requests whose
// answers were lost.
func (c *Collection) refresh(ctx context.Context) error {
	a := new(answer)
	err := c.d.client.do(ctx, call{method: http.MethodPost, path: c.path("_refresh")}, a)
	if err != nil {
		return err
	}
	return a.check()
}
