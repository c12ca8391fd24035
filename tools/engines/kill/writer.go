//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"strings"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	_ "github.com/fronyai/frony-db/engine/postgres"
)

const (
	acknowledged = "acknowledged"
	name         = "killed"
	each         = 60 // ids of a writer
)

// op is a write: the documents that it puts, and those that it deletes, by their ids. A
// document is its version.
type op struct {
	Kind   string
	Put    map[string]int
	Delete []string
	Source string // whose documents Put are, all of them
}

// state is what a writer's documents are: a version for each that there is.
type state map[string]int

func (s state) apply(o *op) {
	if o == nil {
		return
	}
	if o.Source != "" {
		for id := range s {
			if strings.HasPrefix(id, o.Source+"#") {
				delete(s, id)
			}
		}
	}
	for _, id := range o.Delete {
		delete(s, id)
	}
	maps.Copy(s, o.Put)
}

func openCollection(ctx context.Context, url string) (engine.DB, engine.Collection, error) {
	d, err := engine.Open(ctx, url, &db.Options{Embedder: embeddertest.New(32, 1)})
	if err != nil {
		return nil, nil, err
	}
	c, err := d.Collection(ctx, name, nil)
	return d, c, err
}

func prepare(ctx context.Context, url string) error {
	d, _, err := openCollection(ctx, url)
	if err != nil {
		return err
	}
	return d.Close()
}

// write writes until stdin ends, or a write fails. It says what it is about to do, and when
// it was acknowledged.
func write(ctx context.Context, url string, writer int, seed uint64, stdin io.Reader, stdout io.Writer) error {
	d, c, err := openCollection(ctx, url)
	if err != nil {
		return nil //nolint:nilerr // the server has been killed
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		close(ended)
	}()
	rng := rand.New(rand.NewPCG(seed, uint64(writer)))
	out := bufio.NewWriter(stdout)
	say := func(line string) error {
		_, err := fmt.Fprintln(out, line)
		if err == nil {
			err = out.Flush()
		}
		return err
	}
	for {
		select {
		case <-ended:
			return d.Close()
		default:
		}
		o := next(rng, writer)
		line, err := json.Marshal(o)
		if err != nil {
			return err
		}
		if err := say(string(line)); err != nil {
			return err
		}
		if err := o.do(ctx, c); err != nil {
			return nil //nolint:nilerr // the server has been killed
		}
		if err := say(acknowledged); err != nil {
			return err
		}
	}
}

// next is a random write.
func next(rng *rand.Rand, writer int) *op {
	id := func() string { return fmt.Sprintf("w%d-%02d", writer, rng.IntN(each)) }
	version := rng.IntN(1 << 30)
	o := &op{Kind: "upsert", Put: map[string]int{}}
	switch rng.IntN(5) {
	case 0:
		o.Kind = "delete"
		for range 1 + rng.IntN(8) {
			o.Delete = append(o.Delete, id())
		}
	case 1:
		o.Kind, o.Source = "replace", fmt.Sprintf("s%d-%d", writer, rng.IntN(3))
		for i := range rng.IntN(12) {
			o.Put[fmt.Sprintf("%s#%d", o.Source, i)] = version
		}
	default:
		for range 1 + rng.IntN(20) {
			o.Put[id()] = version
		}
	}
	return o
}

func (o *op) do(ctx context.Context, c engine.Collection) (err error) {
	var docs []db.Document
	for id, version := range o.Put {
		docs = append(docs, db.Document{ID: id, Text: fmt.Sprintf("문서 %s 의 버전 %d 은 이사와 전입신고", id, version), Metadata: db.Metadata{"version": version}})
	}
	switch o.Kind {
	case "delete":
		_, err = c.Delete(ctx, o.Delete...)
	case "replace":
		_, err = c.ReplaceSource(ctx, o.Source, docs...)
	default:
		_, err = c.Upsert(ctx, docs...)
	}
	return err
}
