// Package importer imports files into a collection of a database or a server, and
// keeps a collection in sync with a folder.
package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"sync"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/pipeline"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/engine"
)

// Options say what to import, and how.
type Options struct {
	Source  source.Options
	Chunk   chunk.Options
	Files   bool   // cut files that are one document into chunks
	Rows    bool   // cut rows and JSON lines into chunks
	Rejects string // file for rejected records; empty means RejectsName
	Label   string // title of the progress; empty names the paths

	Log      *slog.Logger
	Messages io.Writer // progress, and files that could not be read
	Quiet    bool      // show no progress
}

// Target is the collection to import into, of a database or of a server. It is
// created if it does not exist.
type Target struct {
	Collection string
	DB         engine.DB
	Server     *client.Client // instead of DB
	Models     *models.Opener // for DB
}

// Importer imports records into one collection. It opens the collection when it
// has the first record: a new collection of precomputed embeddings takes its dims
// from it.
//
// The database itself records the progress. A document's id says where it belongs,
// and a hash of its content whether it is stored already. So running a killed import
// again completes it, and nothing is stored twice.
type Importer struct {
	o      Options
	to     Target
	reader source.Reader

	col    collection
	filled bool // the collection had documents when the import began
	meter  *meter

	seed maphash.Seed
	seen map[uint64]struct{} // hashes of all ids so far, 20 bytes each

	refusing sync.Mutex // guards refused
	refused  []*source.Reject

	count counters
	notes *notes
	stats pipeline.Stats
	rj    rejectFile

	rejected func(*source.Reject) error    // called for each rejected record
	failed   func(*source.FileError) error // called for each file that can't be read to its end
}

// New finds all files that the paths name, so that missing ones are reported before
// anything is written. The importer must be closed.
func New(ctx context.Context, paths []string, o Options) (*Importer, error) {
	im := newImporter(o)
	im.o.Label = cmp.Or(o.Label, label(paths))
	im.rj.path = cmp.Or(o.Rejects, RejectsName(paths))
	var err error
	im.reader, err = im.openPaths(ctx, paths)
	return im, err
}

func newImporter(o Options) *Importer {
	im := &Importer{o: o, meter: &meter{}, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, notes: &notes{}}
	im.rejected = im.rj.add
	im.failed = func(fe *source.FileError) error {
		fmt.Fprintf(im.o.Messages, "frony-db: %v\n", fe)
		return nil
	}
	return im
}

// Close closes the files.
func (im *Importer) Close() error { return im.reader.Close() }

// Run imports all records. It may be called once.
func (im *Importer) Run(ctx context.Context, to Target) error {
	im.to = to
	return im.run(ctx, im.reader)
}

func (im *Importer) run(ctx context.Context, r source.Reader) (err error) {
	defer func() { err = errors.Join(err, im.rj.close()) }()
	p, err := pipeline.New(r, pipeline.Stages{
		Prepare: im.prepare,
		Write:   im.write,
		Reject:  im.rejected,
		Failed:  im.failed,
	}, &pipeline.Options{Window: windowSize, WindowBytes: 16 << 20, Windows: 2})
	if err != nil {
		return err
	}
	stop := im.watchProgress(p)
	err = p.Run(ctx)
	stop()
	im.stats = p.Stats()
	return err
}
