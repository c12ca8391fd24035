package compat

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/fronyai/frony-db/server/problem"
)

// decode reads a body leniently: clients of these protocols send fields that the
// protocol does not have, and no Content-Type.
func decode(r *http.Request, v any) *problem.Problem {
	err := json.NewDecoder(r.Body).Decode(v)
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "%s can't be a %s", cmp.Or(e.Field, "the body"), e.Value).At(e.Field)
	}
	if err != nil {
		return problem.Refuse(http.StatusBadRequest, "invalid_json", "%s", err)
	}
	return nil
}

// inputTexts reads a text or a list of texts.
func inputTexts(v any, param string) ([]string, *problem.Problem) {
	bad := problem.Refuse(http.StatusBadRequest, "invalid_request", "want a text or a list of texts").At(param)
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case []any:
		if len(v) == 0 {
			return nil, bad
		}
		texts := make([]string, len(v))
		for i, x := range v {
			t, ok := x.(string)
			if !ok {
				return nil, bad.Hint("lists of tokens are not accepted: they depend on the tokenizer")
			}
			texts[i] = t
		}
		return texts, nil
	}
	return nil, bad
}
