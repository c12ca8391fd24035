package server

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jsonFormat is strict JSON: names match exactly and occur once, and text is UTF-8,
// so that no two readers understand one body differently. An empty list is [], never
// null, and the fields of metadata are in order.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error { return json.MarshalWrite(w, v, jsonOptions) },
	Unmarshal: func(data []byte, v any) error {
		return readable(json.Unmarshal(data, v, json.RejectUnknownMembers(true)))
	},
}

var jsonOptions = json.JoinOptions(jsontext.EscapeForHTML(false), json.Deterministic(true))

// readable says what is wrong with JSON in terms of JSON: the library's errors name
// Go types.
func readable(err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at := ""
		if e.JSONPointer != "" {
			at = fmt.Sprintf(" within %s", e.JSONPointer)
		}
		return fmt.Errorf("%w%s, at byte %d", e.Err, at, e.ByteOffset)
	}
	e, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return err
	case errors.Is(e.Err, json.ErrUnknownName):
		name, outer := e.JSONPointer.LastToken(), ""
		if in := e.JSONPointer.Parent(); in != "" {
			outer = " in " + string(in)
		}
		if hint := didYouMean(name, jsonFields(e.GoType)); hint != "" {
			return fmt.Errorf("there is no field %q%s; %s", name, outer, hint)
		}
		return fmt.Errorf("there is no field %q%s", name, outer)
	case e.Err != nil:
		return fmt.Errorf("%s: %w", cmp.Or(string(e.JSONPointer), "the value"), e.Err)
	}
	return fmt.Errorf("%s can't be %s", cmp.Or(string(e.JSONPointer), "the value"), kinds[e.JSONKind])
}

var kinds = map[jsontext.Kind]string{
	'n': "null", 'f': "false", 't': "true", '"': "a string", '0': "a number", '{': "an object", '[': "a list",
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status is sent: an error here is a client that went away.
	_ = jsonFormat.Marshal(w, v)
}
