package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

func (a *app) doctor() *cobra.Command {
	var o db.DoctorOptions
	var acceptLoss bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the database, and that every document can be found",
		Long: `doctor checks every checksum, key, count and mapping of the database. Then it
searches for every document by its own vector: a document that the graph does not
return is stored but cannot be found. --repair links such documents again and
fixes inconsistencies; it never deletes a document.

If a file of the store is so damaged that acknowledged writes are lost, the
database is not opened, and the error says what is lost. --accept-loss goes on with
everything that can still be read, and keeps the damaged files in the folder lost.

It checks all collections, or the one named with --collection. The exit code is 1
if it found a problem that it did not repair.`,
		Example: `  frony-db doctor
  frony-db doctor --repair -c notes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if a.from["collection"] != byDefault {
				o.Collections = []string{a.collection}
			}
			return a.runDoctor(c.Context(), &o, acceptLoss)
		},
	}
	c.Flags().BoolVar(&o.Repair, "repair", false, "repair what can be repaired")
	c.Flags().BoolVar(&acceptLoss, "accept-loss", false, "go on without acknowledged writes that are lost")
	c.Flags().IntVar(&o.Sample, "sample", 0, "documents to search for per collection (default: all)")
	return c
}

var errUnsound = errors.New("doctor: the database is not sound")

func (a *app) runDoctor(ctx context.Context, o *db.DoctorOptions, acceptLoss bool) error {
	if o.Sample < 0 {
		return usage.Errorf("--sample %d: want 0 or more", o.Sample)
	}
	if a.server != "" {
		if acceptLoss {
			return usage.Errorf("--accept-loss is for a database that can't be opened; use it with --db, where the server ran")
		}
		in := api.NewTask{Kind: api.TaskDoctor, Repair: o.Repair, Sample: o.Sample}
		if len(o.Collections) > 0 {
			in.Collection = o.Collections[0]
		}
		return a.onServer(ctx, in, func(r *api.TaskResult) error { return a.reportDoctor(r.Doctor, o.Repair) })
	}
	d, err := a.openWith(db.Options{MustExist: true, AcceptLoss: acceptLoss})
	if err != nil {
		return err
	}
	defer a.close(d)
	for _, what := range d.Lost() {
		fmt.Fprintf(a.err, "frony-db: lost: %s\n", what)
	}
	r, err := d.Doctor(ctx, o)
	if errors.Is(err, db.ErrNoCollection) {
		return a.noCollection(ctx, d)
	}
	if err != nil {
		return err
	}
	return a.reportDoctor(&r, o.Repair)
}

// reportDoctor prints a report, and is an error if the database is not sound.
func (a *app) reportDoctor(r *db.DoctorReport, repair bool) (err error) {
	if a.json {
		err = a.printJSON(r)
	} else {
		err = a.printDoctor(r)
	}
	switch {
	case err != nil || r.OK():
		return err
	case r.Checksums != "":
		return fmt.Errorf("%w: %s; restore a backup", errUnsound, r.Checksums)
	case repair:
		return fmt.Errorf("%w: some problems could not be repaired; restore a backup, or write the documents named above again", errUnsound)
	}
	return fmt.Errorf("%w; try 'frony-db doctor --repair'", errUnsound)
}

func (a *app) printDoctor(r *db.DoctorReport) error {
	t := term.Table{Columns: []term.Column{
		{Title: "collection", Flex: true},
		{Title: "documents", Right: true},
		{Title: "queried", Right: true},
		{Title: "missed", Right: true},
		{Title: "unreachable", Right: true},
		{Title: "faults", Right: true},
		{Title: "repaired", Flex: true},
	}}
	for i := range r.Collections {
		h := &r.Collections[i]
		t.Rows = append(t.Rows, []string{
			healthName(h), strconv.Itoa(h.Documents), strconv.Itoa(h.Queried), strconv.Itoa(h.Missed),
			strconv.Itoa(h.Unreachable), strconv.Itoa(h.FaultCount), h.Repaired,
		})
	}
	if err := t.Write(a.out); err != nil {
		return err
	}
	for i := range r.Collections {
		h := &r.Collections[i]
		for _, f := range h.Faults {
			fmt.Fprintf(a.out, "%s: %s: node %d %s: %s\n", healthName(h), f.Part, f.Node, f.ID, f.Detail)
		}
	}
	return nil
}

// healthName is a collection's name, with the version if its model is being
// changed.
func healthName(h *db.CollectionHealth) string {
	if h.Version == "" {
		return h.Name
	}
	return h.Name + ", " + h.Version
}
