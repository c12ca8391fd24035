package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder/hub"
	"github.com/fronyai/frony-db/embedder/profile"
)

type pullFlags struct {
	refresh, graph bool
	attempts       int
}

func (a *app) modelPull() *cobra.Command {
	var f pullFlags
	c := &cobra.Command{
		Use:   "pull OWNER/NAME[@REVISION]",
		Short: "Download a model into the hub's cache",
		Long: `pull downloads the model files that an engine needs and prints their directory.
Cached files are not downloaded again, and interrupted downloads resume. Every file
is checked against the hub's hash.`,
		Example: `  frony-db model pull FronyAI/frony-embed-tiny-ko-v1
  frony-db import docs.jsonl --model FronyAI/frony-embed-tiny-ko-v1
  HF_TOKEN=… frony-db model pull acme/private@v2`,
		Args: one("a model, as OWNER/NAME"),
		RunE: func(c *cobra.Command, args []string) error { return a.runPull(c.Context(), args[0], f) },
	}
	c.Flags().BoolVar(&f.refresh, "refresh", false, "ask the hub whether the branch has moved, even if the model is cached")
	c.Flags().BoolVar(&f.graph, "onnx", false, "download the files for ONNX Runtime (default: if the model needs it)")
	c.Flags().IntVar(&f.attempts, "attempts", 5, "attempts per request")
	return c
}

func (a *app) runPull(ctx context.Context, name string, f pullFlags) error {
	if f.attempts < 1 {
		return usage.Errorf("--attempts %d: want at least 1", f.attempts)
	}
	repo, revision := models.SplitID(name)
	if p := models.Known(repo); p != nil && p.Runtime == profile.ONNX {
		f.graph = true
	}
	h, err := a.models.Hub(hub.Options{Refresh: f.refresh, Attempts: f.attempts, Select: models.Selector(f.graph)})
	if err != nil {
		return hubError(err)
	}
	var bar *term.Progress
	var last int64
	progress := func(p hub.Progress) {
		if bar == nil {
			bar = term.NewProgress(a.err, "pull "+name+", bytes", p.Size)
		}
		bar.SetDetail(p.File)
		bar.Add(p.Done - last)
		last = p.Done
	}
	if a.quiet {
		progress = nil
	}
	dir, err := h.Pull(ctx, repo, revision, progress)
	if bar != nil {
		bar.Finish()
	}
	if err != nil {
		return hubError(err)
	}
	if a.json {
		return a.printJSON(map[string]string{"repo": repo, "commit": filepath.Base(dir), "dir": dir})
	}
	_, err = fmt.Fprintln(a.out, dir)
	return err
}
