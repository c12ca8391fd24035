package api_test

import (
	"errors"
	"testing"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db/filter"
)

// The filter of a URL is a text or JSON, wherever it is read.
func TestURLFilter(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", `lang = "ko"`, `{"field":"lang","op":"=","value":"ko"}`, "{", "a =="} {
		want, fault := api.URLFilter(text, filter.Limits{})
		u := api.URLQuery{Text: "x", Filter: text}
		query := u.Query()
		q, err := query.DB(filter.Limits{})
		if q.Filter.String() != want.String() || (err == nil) != (fault == nil) {
			t.Errorf("%q in a search: %s, %v; want %s, %v", text, q.Filter, err, want, fault)
		}
		scan := api.Scan{Filter: text}
		body := scan.Body()
		s, err := body.DB(filter.Limits{})
		if s.Filter.String() != want.String() || (err == nil) != (fault == nil) {
			t.Errorf("%q in a scan: %s, %v; want %s, %v", text, s.Filter, err, want, fault)
		}
		if _, ok := errors.AsType[*api.FieldError](fault); fault != nil && !ok {
			t.Errorf("%q: %v", text, fault)
		}
	}
}
