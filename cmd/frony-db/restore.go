package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

func (a *app) restore() *cobra.Command {
	var verify bool
	var o db.RestoreOptions
	c := &cobra.Command{
		Use:   "restore FILE [FILE…]",
		Short: "Create a database from a backup and the backups that add to it",
		Long: `restore creates the directory --db from a complete backup and the backups that
add to it, given in any order; - is standard input. The directory must be missing
or empty. The database is built next to it, verified, and renamed into place.
--verify only reads the backups and checks every sum and document. The exit code is
4 if documents were damaged when the backup was made: they are named and left out.`,
		Example: `  frony-db restore full.bak monday.bak --db restored
  frony-db restore --verify full.bak`,
		Args: some("a backup"),
		RunE: func(c *cobra.Command, args []string) error {
			o.Logger = a.log
			return a.runRestore(c.Context(), args, &o, verify)
		},
	}
	c.Flags().BoolVar(&verify, "verify", false, "only check the backups; restore nothing")
	c.Flags().Int64Var(&o.MaxBytes, "max-bytes", 0, "refuse backups that would grow larger than this (default: a thousand times their size)")
	return c
}

func (a *app) runRestore(ctx context.Context, paths []string, o *db.RestoreOptions, verify bool) (err error) {
	if len(paths) > 1 {
		if paths, err = inOrder(paths); err != nil {
			return err
		}
	}
	readers := make([]io.Reader, len(paths))
	for i, path := range paths {
		if path == "-" {
			readers[i] = a.in
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		defer func() { _ = f.Close() }() // only read from
		readers[i] = f
	}
	var info db.BackupInfo
	var damaged error
	if verify {
		for i, r := range readers {
			info, err = db.VerifyBackup(ctx, r, o)
			if err != nil {
				err = fmt.Errorf("%s: %w", paths[i], err)
			}
			if errors.Is(err, db.ErrDamaged) {
				damaged, err = errors.Join(damaged, err), nil
			}
			if err != nil {
				return err
			}
		}
	} else if info, err = db.Restore(ctx, a.dir, o, readers...); errors.Is(err, db.ErrDamaged) {
		damaged = err
	} else if err != nil {
		return err
	}
	if a.json {
		return errors.Join(damaged, a.printJSON(info))
	}
	docs := 0
	for _, c := range info.Collections {
		docs += c.Live
	}
	docs -= info.Damaged()
	done := "restored to " + a.dir
	switch {
	case verify && damaged != nil:
		done = "sound, but for damaged documents"
	case verify:
		done = "sound"
	}
	fmt.Fprintf(a.out, "%s in %s, of %s: %s\n", term.Plural(int64(docs), "document"), term.Plural(int64(len(info.Collections)), "collection"), info.Created.Local().Format(time.DateTime), done)
	return damaged
}

// inOrder sorts backups so that each follows the one it adds to.
func inOrder(paths []string) ([]string, error) {
	after := map[string]string{} // base → path
	ids := map[string]string{}   // path → id
	for _, path := range paths {
		if path == "-" {
			return nil, usage.Errorf("restore: standard input can hold only one backup; name files")
		}
		info, err := backupInfo(path)
		if err != nil {
			return nil, err
		}
		if other, ok := after[info.Base]; ok {
			return nil, fmt.Errorf("restore: %s and %s add to the same backup; name only one of them", other, path)
		}
		after[info.Base], ids[path] = path, info.ID
	}
	var chain []string
	for path, ok := after[""]; ok; path, ok = after[ids[path]] {
		chain = append(chain, path)
	}
	if len(chain) < len(paths) {
		return nil, fmt.Errorf("restore: of %d backups, only %d form a chain that begins with a complete one; some are missing", len(paths), len(chain))
	}
	return chain, nil
}
