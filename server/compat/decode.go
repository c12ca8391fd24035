package compat

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
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

// notText says what an element of a list is, in place of a text. What to do about
// tokens is part of the message: clients show nothing else.
func notText(x any, param string, i int) *problem.Problem {
	at := fmt.Sprintf("%s[%d]", param, i)
	switch x.(type) {
	case float64, []any:
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "%s holds tokens, and this server reads texts: its model has a tokenizer of its own. "+
			"Send texts; in LangChain, OpenAIEmbeddings(check_embedding_ctx_length=False) does", param).At(at)
	case nil:
		return problem.Refuse(http.StatusBadRequest, "invalid_request", "%s is null, want a text", at).At(at)
	}
	return problem.Refuse(http.StatusBadRequest, "invalid_request", "%s is not a text", at).At(at)
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
				return nil, notText(x, param, i)
			}
			texts[i] = t
		}
		return texts, nil
	}
	return nil, bad
}
