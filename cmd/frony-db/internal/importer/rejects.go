package importer

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// rejectFile is created on the first reject.
type rejectFile struct {
	path string
	f    *os.File
	used bool
}

func (r *rejectFile) add(rj *source.Reject) error {
	if r.f == nil {
		f, err := os.Create(r.path)
		if err != nil {
			return fmt.Errorf("writing rejected records: %w; choose another file with --rejects", err)
		}
		r.f, r.used = f, true
	}
	e := json.NewEncoder(r.f)
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		*source.Reject
		Raw string `json:"raw"`
	}{rj, strings.ToValidUTF8(string(rj.Raw), "�")})
}

// written is the file's name if it was used, else empty.
func (r *rejectFile) written() string {
	if !r.used {
		return ""
	}
	return r.path
}

func (r *rejectFile) close() error {
	if r.f == nil {
		return nil
	}
	err := r.f.Close()
	r.f = nil
	return err
}

// rawShown is the number of bytes of a record's text that a reject keeps.
const rawShown = 200

func reject(rec *source.Record, err error) *source.Reject {
	raw := rec.Text
	if len(raw) > rawShown {
		raw = raw[:rawShown]
	}
	return &source.Reject{File: rec.File, Line: rec.Line, Offset: rec.Offset, Reason: err.Error(), Raw: []byte(raw), Cut: len(raw) < len(rec.Text)}
}
