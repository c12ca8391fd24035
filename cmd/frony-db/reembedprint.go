package main

import (
	"fmt"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

func (a *app) printReembed(r *db.ReembedReport) error {
	if r.Unchanged {
		fmt.Fprintf(a.out, "%s already has the model %s; nothing was done, see 'frony-db reembed status'\n", a.collection, modelText(r.To.Model))
		return nil
	}
	if err := a.printVersions(r); err != nil {
		return err
	}
	o := &r.Overlap
	switch {
	case o.Skipped != "":
		fmt.Fprintf(a.out, "overlap: not measured: %s\n", o.Skipped)
	case o.Queries > 0:
		fmt.Fprintf(a.out, "overlap@%d over %d sample queries: dense %.2f, hybrid %.2f\n", o.K, o.Queries, o.Dense, o.Hybrid)
		for _, q := range o.Least {
			fmt.Fprintf(a.out, "  lowest: %.2f %s %s\n    old %s\n    new %s\n", q.Shared, term.Clean(q.ID), term.Clean(shorten(q.Text, 60)), firstIDs(q.Old), firstIDs(q.New))
		}
	}
	if !r.Switched {
		fmt.Fprintf(a.out, "not switched: run the same command without --no-switch to switch, or 'frony-db reembed rollback -c %s' to discard the new version\n", a.collection)
		return nil
	}
	fmt.Fprintf(a.out, "switched; the previous version is kept: 'frony-db reembed confirm -c %[1]s' deletes it, 'frony-db reembed rollback -c %[1]s' returns to it\n", a.collection)
	return nil
}

func (a *app) printVersions(r *db.ReembedReport) error {
	t := term.Table{Columns: []term.Column{{Title: a.collection}, {Title: "model", Flex: true}, {Title: "dims", Right: true}, {Title: "documents", Right: true}}}
	for _, v := range []struct {
		name string
		*db.ReembedVersion
	}{{"from", &r.From}, {"to", &r.To}} {
		t.Rows = append(t.Rows, []string{v.name, modelText(v.Model), fmt.Sprintf("%d/%d", v.HeadDims, v.Dims), fmt.Sprint(v.Documents)})
	}
	if err := t.Write(a.out); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%d texts embedded, %d vectors copied, %d documents removed", r.Embedded, r.Copied, r.Removed)
	if r.Skipped > 0 {
		fmt.Fprintf(a.out, ", %d without text skipped", r.Skipped)
	}
	fmt.Fprintf(a.out, " (%.1f s)\n", r.Seconds)
	return nil
}

func modelText(s *embedder.Spec) string {
	if s == nil {
		return "none (precomputed embeddings)"
	}
	return models.At(s.Model, s.Revision)
}

func firstIDs(ids []string) string {
	return term.Clean(strings.Join(ids[:min(len(ids), 5)], " "))
}

// shorten truncates a text to n characters.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
