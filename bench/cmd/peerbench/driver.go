package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	dims = 384
	k    = 10
)

// setting is a value for each parameter of a search; empty means the defaults.
type setting map[string]float64

// command is a line sent to a driver. Documents are identified by their rows in the data
// files.
type command struct {
	Op      string  `json:"op"` // open, load, insert, count, delete, search, check, upkeep or close
	Dir     string  `json:"dir"`
	Create  bool    `json:"create"`
	From    int     `json:"from"` // load, insert and check: documents
	To      int     `json:"to"`
	Batch   int     `json:"batch"` // documents in one call of the database
	Ack     bool    `json:"ack"`   // insert: a line for each batch
	Rows    []int   `json:"rows"`  // delete
	N       int     `json:"n"`     // search: queries
	Setting setting `json:"setting"`
	Filter  string  `json:"filter"` // part: a tenth of the documents pass; shelf: a hundredth
	Budget  float64 `json:"budget"` // search: seconds
}

// reply is a driver's answer.
type reply struct {
	Error    string    `json:"error,omitempty"`
	Version  string    `json:"version,omitempty"`
	Settings []setting `json:"settings,omitempty"` // beside the default, the fastest first
	Seconds  float64   `json:"seconds"`
	Acked    int       `json:"acked"`
	Count    int       `json:"count"`
	Took     []float64 `json:"took,omitempty"`  // seconds of each query
	Found    [][]int   `json:"found,omitempty"` // and the rows that it returned
	Missing  int       `json:"missing"`         // check: documents that are not there
	Unfound  int       `json:"unfound"`         // documents that a self-query does not return
}

// document is a row of the data.
type document struct {
	row    int
	id     string
	vector []float32
	text   string
}

func newID(row int) string { return "doc-" + strconv.Itoa(row) }

func rowOf(id string) (int, error) { return strconv.Atoi(strings.TrimPrefix(id, "doc-")) }

// part, shelf and year are a document's metadata.
func part(row int) int     { return row % 10 }
func shelf(row int) string { return "s" + strconv.Itoa(row/10%100) }
func year(row int) int     { return 2000 + row%25 }

// peer is a database in Go; peers.py has those in Python.
type peer interface {
	version() string
	settings() []setting
	open(ctx context.Context, dir string, create bool) error
	count(ctx context.Context) (int, error)
	insert(ctx context.Context, docs []document) error
	// search returns ids. field is "", part or shelf, and value its required value.
	search(ctx context.Context, vector []float32, s setting, field string, value any) ([]string, error)
	present(ctx context.Context, ids []string) (int, error)
	remove(ctx context.Context, ids []string) error
	// upkeep does what the database's documentation advises after many deletions.
	upkeep(ctx context.Context) error
	close() error
}

// drive answers commands until close.
func drive(ctx context.Context, name, data string, in io.Reader, out io.Writer) error {
	d := &driver{data: data, say: json.NewEncoder(out)}
	switch name {
	case "frony-db":
		d.peer = new(frony)
	case "chromem-go":
		d.peer = new(chromemGo)
	default:
		return fmt.Errorf("no driver of %q", name)
	}
	var err error
	if d.queries, err = floats(filepath.Join(data, "queries.f32"), 0, -1); err != nil {
		return err
	}
	commands := json.NewDecoder(in)
	for {
		var c command
		if err := commands.Decode(&c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := d.do(ctx, c)
		if err != nil {
			r.Error = err.Error()
		}
		if err := d.say.Encode(r); err != nil || c.Op == "close" {
			return err
		}
	}
}

type driver struct {
	peer
	data    string
	queries []float32
	say     *json.Encoder
}

func (d *driver) do(ctx context.Context, c command) (r reply, err error) {
	start := time.Now()
	defer func() { r.Seconds = time.Since(start).Seconds() }()
	switch c.Op {
	case "open":
		r.Version, r.Settings = d.version(), d.settings()
		err = d.open(ctx, c.Dir, c.Create)
	case "load", "insert": // the indexes of both grow with the documents
		err = d.batches(c, func(docs []document) error {
			if err := d.insert(ctx, docs); err != nil || !c.Ack {
				return err
			}
			return d.say.Encode(reply{Acked: docs[len(docs)-1].row + 1})
		})
	case "count":
		r.Count, err = d.count(ctx)
	case "delete":
		for at := 0; at < len(c.Rows) && err == nil; at += c.Batch {
			var ids []string
			for _, row := range c.Rows[at:min(at+c.Batch, len(c.Rows))] {
				ids = append(ids, newID(row))
			}
			err = d.remove(ctx, ids)
		}
	case "search":
		err = d.searches(ctx, c, &r)
	case "check":
		err = d.batches(c, func(docs []document) error { return d.check(ctx, docs, &r) })
	case "upkeep":
		err = d.upkeep(ctx)
	case "close":
		err = d.close()
	default:
		err = fmt.Errorf("unknown command %q", c.Op)
	}
	return r, err
}

// searches asks the queries, each with its own value of the filter's field.
func (d *driver) searches(ctx context.Context, c command, r *reply) error {
	end := time.Now().Add(time.Duration(c.Budget * float64(time.Second)))
	for q := range c.N {
		var value any
		switch c.Filter {
		case "part":
			value = q % 10
		case "shelf":
			value = "s" + strconv.Itoa(q%100)
		}
		start := time.Now()
		ids, err := d.search(ctx, d.queries[q*dims:(q+1)*dims], c.Setting, c.Filter, value)
		r.Took = append(r.Took, time.Since(start).Seconds())
		if err != nil {
			return err
		}
		rows := make([]int, len(ids))
		for i, id := range ids {
			if rows[i], err = rowOf(id); err != nil {
				return err
			}
		}
		r.Found = append(r.Found, rows)
		if q >= 99 && time.Now().After(end) {
			return nil
		}
	}
	return nil
}

func (d *driver) check(ctx context.Context, docs []document, r *reply) error {
	for _, doc := range docs {
		n, err := d.present(ctx, []string{doc.id})
		if err != nil {
			return err
		}
		if n == 0 {
			r.Missing++
			continue
		}
		found, err := d.search(ctx, doc.vector, nil, "", nil)
		if err != nil {
			return err
		}
		r.Unfound++
		for _, id := range found {
			if id == doc.id {
				r.Unfound--
			}
		}
	}
	return nil
}

// batches calls do with the documents from c.From to c.To.
func (d *driver) batches(c command, do func([]document) error) error {
	f, err := os.Open(filepath.Join(d.data, "texts.txt"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20) // real texts may be long
	for range c.From {
		lines.Scan()
	}
	for at := c.From; at < c.To; at += c.Batch {
		docs := make([]document, min(c.Batch, c.To-at))
		vectors, err := floats(filepath.Join(d.data, "vectors.f32"), at*dims, len(docs)*dims)
		if err != nil {
			return err
		}
		for i := range docs {
			if !lines.Scan() {
				return errors.Join(errors.New("too few texts"), lines.Err())
			}
			docs[i] = document{row: at + i, id: newID(at + i), vector: vectors[i*dims : (i+1)*dims], text: lines.Text()}
		}
		if err := do(docs); err != nil {
			return err
		}
	}
	return nil
}

// floats reads n numbers of a file from the at-th on; below 0 is all.
func floats(path string, at, n int) ([]float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if n < 0 {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		n = int(info.Size()/4) - at
	}
	b := make([]byte, 4*n)
	if _, err := f.ReadAt(b, int64(4*at)); err != nil {
		return nil, err
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
