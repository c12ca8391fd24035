// Package importer brings records of files into a collection, here or at a server,
// and keeps a collection in step with a folder.
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
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
)

// Options say what is imported, and how.
type Options struct {
	Source  source.Options
	Chunk   chunk.Options
	Files   bool   // cut Markdown and text files into chunks
	Rows    bool   // cut rows and JSON lines into chunks
	Rejects string // file for rejected records; empty is RejectsName's
	Label   string // what the progress is called; empty names the paths

	Log      *slog.Logger
	Messages io.Writer // progress, and what could not be read
	Quiet    bool      // no progress
}

// Target is where documents go: the collection of a database, or of a server,
// which is created if it does not exist.
type Target struct {
	Collection string
	DB         *db.DB
	Server     *client.Client // in place of DB
	Models     *models.Opener // of DB's collections
}

// Importer brings records into one collection, which it opens when it sees the
// first of them: a collection of given embeddings takes their length.
//
// The store itself is the ledger. A document's id says where it belongs, and a
// hash of its content whether it is there: so an import that was killed at any
// moment is completed by the same command, and nothing is stored twice.
type Importer struct {
	o      Options
	to     Target
	reader source.Reader

	col    collection
	filled bool // the collection had documents when the import began
	meter  *meter

	seed maphash.Seed
	seen map[uint64]struct{} // hashes of the ids that came by, 20 bytes each

	refusing sync.Mutex // guards refused
	refused  []*source.Reject

	count counters
	stats pipeline.Stats
	rj    rejectFile

	rejected func(*source.Reject) error    // told of each record that was not taken
	failed   func(*source.FileError) error // told of each file that can't be read on
}

// New finds all that the paths name, so that what is missing is known before
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
	im := &Importer{o: o, meter: &meter{}, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
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
