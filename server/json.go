package server

import (
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jsonFormat is strict JSON: names match exactly and occur once, and text is
// UTF-8, so that two readers of one body can't understand two things. Lists
// that are empty are [], never null.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		return json.MarshalWrite(w, v, jsontext.EscapeForHTML(false))
	},
	Unmarshal: func(data []byte, v any) error { return json.Unmarshal(data, v) },
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status is sent: an error here is a client that went away.
	_ = jsonFormat.Marshal(w, v)
}
