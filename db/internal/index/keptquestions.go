package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/internal/frame"
	"github.com/fronyai/frony-db/quant"
)

// The questions that a collection has received, and what was measured with them, are
// kept in a file of their own, so that the next opening need not measure again:
//
//	┌──────────┬─────────┬──────┬─────────┐
//	│ FRONYQST │ version │ meta │ vectors │
//	│ 8 bytes  │ u32     │ JSON │ f32     │
//	└──────────┴─────────┴──────┴─────────┘
//
// Nothing is lost with it but time.
const (
	questionsExt     = "questions"
	questionsMagic   = "FRONYQST"
	questionsVersion = 1
)

type questionsMeta struct {
	Database    string      `json:"database"`
	Collection  uint32      `json:"collection"`
	Dims        int         `json:"dims"`
	Seen        int         `json:"seen"`
	Calibration calibration `json:"calibration"`
}

// keepQuestions writes the file, if there is anything to be kept.
func (x *Index) keepQuestions() error {
	q := &x.questions
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seen == 0 && x.calibration.Load().Documents == 0 {
		return nil
	}
	meta, err := json.Marshal(questionsMeta{fmt.Sprintf("%x", x.opts.Database), x.id, x.set.Dims, q.seen, *x.calibration.Load()})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	f := frame.NewWriter(&b, questionsMagic, questionsVersion)
	f.Frame(meta)
	var vectors []byte
	for _, v := range q.vectors {
		vectors = append(vectors, quant.Bytes(v)...)
	}
	f.Frame(vectors)
	if _, err := f.End(); err != nil {
		return err
	}
	return disk.WriteFile(x.path(questionsExt), b.Bytes())
}

// recallQuestions reads the file. If it does not fit in any way, there are no
// questions.
func (x *Index) recallQuestions() {
	err := x.readQuestions()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		x.log.Info("questions of former sessions not used; searches measure again", "reason", err)
	}
}

func (x *Index) readQuestions() error {
	b, err := os.ReadFile(x.path(questionsExt))
	if err != nil {
		return err
	}
	f, err := frame.NewReader(bytes.NewReader(b), questionsMagic, questionsVersion)
	if err != nil {
		return err
	}
	raw, err := f.Next(nil, int64(len(b)))
	if err != nil {
		return err
	}
	var m questionsMeta
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if raw, err = f.Next(nil, int64(len(b))); err != nil {
		return err
	}
	size := 4 * x.set.Dims
	if m.Database != fmt.Sprintf("%x", x.opts.Database) || m.Collection != x.id || m.Dims != x.set.Dims || len(raw)%size != 0 || len(raw) > size*questionsMost {
		return errors.New("they are of another collection")
	}
	if m.Calibration.Kind == x.codes.kind() {
		x.calibration.Store(&m.Calibration)
	}
	if x.opts.NoQuestions {
		return nil
	}
	x.questions.seen = m.Seen
	for ; len(raw) > 0; raw = raw[size:] {
		x.questions.vectors = append(x.questions.vectors, quant.AppendFloats(nil, raw[:size]))
	}
	return nil
}
