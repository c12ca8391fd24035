package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/crash"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

type selftestFlags struct {
	crash    bool
	duration time.Duration
	kills    int
	dir      string
	seed     uint64
}

func (a *app) selftest() *cobra.Command {
	var f selftestFlags
	c := &cobra.Command{
		Use:   "selftest --crash",
		Short: "Test on this disk that a killed database loses nothing",
		Long: `selftest --crash writes to a database of its own and kills the writing process
again and again. Each time it opens the database and compares it with what was
acknowledged. It prints how many documents were lost and how many deleted ones
came back: both must be 0. The database is deleted afterwards, unless the test
failed.`,
		Example: `  frony-db selftest --crash --dir /mnt/disk --duration 10m`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !f.crash {
				return usage.Errorf("selftest: choose a test: --crash")
			}
			return a.runCrash(c.Context(), f)
		},
	}
	c.Flags().BoolVar(&f.crash, "crash", false, "kill the writing process again and again")
	c.Flags().DurationVar(&f.duration, "duration", 60*time.Second, "how long to test")
	c.Flags().IntVar(&f.kills, "kills", 0, "end after this many kills (default: no limit)")
	c.Flags().StringVar(&f.dir, "dir", ".", "directory on the disk to test")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the operations; 0 chooses one")
	c.AddCommand(&cobra.Command{
		Use: "child PLAN", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var p crash.Plan
			if err := json.Unmarshal([]byte(args[0]), &p); err != nil {
				return usage.Errorf("selftest child: %w", err)
			}
			return crash.Child(c.Context(), p, a.out)
		},
	})
	return c
}

func (a *app) runCrash(ctx context.Context, f selftestFlags) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("selftest: %w", err)
	}
	dir, err := os.MkdirTemp(f.dir, "frony-selftest-")
	if err != nil {
		return fmt.Errorf("selftest: %w; choose another directory with --dir", err)
	}
	if f.seed == 0 {
		f.seed = rand.Uint64()
	}
	o := crash.Options{
		Dir: filepath.Join(dir, "db"), Duration: f.duration, Kills: f.kills, Seed: f.seed,
		Command: func(ctx context.Context, p crash.Plan) *exec.Cmd {
			plan, _ := json.Marshal(p) // numbers and a string
			return exec.CommandContext(ctx, exe, "selftest", "child", string(plan))
		},
	}
	if !a.quiet && !a.json {
		bar := term.NewProgress(a.err, "seconds", int64(f.duration.Seconds()))
		last := 0
		o.Progress = func(r crash.Report) {
			bar.Add(int64(int(r.Seconds) - last))
			last = int(r.Seconds)
		}
		defer bar.Finish()
	}
	r, err := crash.Run(ctx, o)
	if err != nil {
		return fmt.Errorf("selftest: %w; the database is in %s", err, dir)
	}
	if a.json {
		err = a.printJSON(r)
	} else {
		err = a.printCrash(r)
	}
	if !r.OK() {
		return errors.Join(err, fmt.Errorf("selftest: the database lost acknowledged documents, or brought deleted ones back; it is kept in %s, replay with --seed %d", dir, r.Seed))
	}
	return errors.Join(err, ctx.Err(), os.RemoveAll(dir))
}

func (a *app) printCrash(r crash.Report) error {
	t := term.Table{Columns: []term.Column{{Title: "selftest --crash"}, {Title: "", Right: true}}}
	row := func(name, value string) { t.Rows = append(t.Rows, []string{name, value}) }
	row("kills", strconv.Itoa(r.Kills))
	row("acknowledged operations", strconv.Itoa(r.Acknowledged))
	row("acknowledged documents", strconv.Itoa(r.Documents))
	row("lost", strconv.Itoa(r.Lost))
	row("resurrected", strconv.Itoa(r.Resurrected))
	row("torn batches", strconv.Itoa(r.Torn))
	row("changed documents", strconv.Itoa(r.Wrong))
	row("recall@10 after restart", fmt.Sprintf("%.4f", r.Recall))
	row("not found by self-query", fmt.Sprintf("%d of %d", r.Missed, r.Searches))
	row("longest open after a kill", fmt.Sprintf("%.0f ms", r.Opened))
	if err := t.Write(a.out); err != nil {
		return err
	}
	for _, f := range r.Faults {
		fmt.Fprintln(a.out, f)
	}
	return nil
}
