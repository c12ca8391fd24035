package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

func (a *app) restore() *cobra.Command {
	var verify bool
	var as string
	var o db.RestoreOptions
	c := &cobra.Command{
		Use:   "restore FILE [FILE…]",
		Short: "Create a database from a backup and the backups that add to it",
		Long: `restore creates the directory --db from a complete backup and the backups that
add to it, given in any order; - is standard input. The directory must be missing
or empty. The database is built next to it, verified, and renamed into place.

With --as it adds one collection to the database --db, or to a server that has a
--backup-dir, under a new name. -c is its name in the backup, if that is another one.
The collection appears when it is complete; the server goes on meanwhile.

--verify only reads the backups and checks every sum and document. The exit code is
4 if documents were damaged when the backup was made: they are named and left out.`,
		Example: `  frony-db restore full.bak monday.bak --db restored
  frony-db restore full.bak --server 127.0.0.1:7700 -c notes --as notes-before
  frony-db restore --verify full.bak`,
		Args: some("a backup"),
		RunE: func(c *cobra.Command, args []string) error {
			o.Logger = a.log
			if a.engine != "" && !verify {
				return a.withEngine(c.Context(), true, func(d engine.DB) error { return unsupported(d, "restore") })
			}
			switch {
			case verify && as != "":
				return usage.Errorf("restore: --verify restores nothing; drop --as or --verify")
			case a.server != "" && as == "" && !verify:
				return usage.Errorf("restore: a server takes one collection; name it with --as")
			case a.server != "" && as != "" && o.MaxBytes != 0:
				return usage.Errorf("restore: --max-bytes is not for a server")
			case as != "":
				return a.restoreCollection(c.Context(), args, as, o.MaxBytes)
			}
			return a.runRestore(c.Context(), args, &o, verify)
		},
	}
	c.Flags().BoolVar(&verify, "verify", false, "only check the backups; restore nothing")
	c.Flags().StringVar(&as, "as", "", "add one collection to an existing database or server, under this name")
	c.Flags().Int64Var(&o.MaxBytes, "max-bytes", 0, "refuse backups that would grow larger than this (default: a thousand times their size)")
	return c
}

// openBackups opens backups, each after the one that it adds to.
func (a *app) openBackups(paths []string) (ordered []string, readers []io.Reader, closeAll func(), err error) {
	var files []*os.File
	closeAll = func() {
		for _, f := range files {
			_ = f.Close() // only read from
		}
	}
	if len(paths) > 1 {
		if paths, err = inOrder(paths); err != nil {
			return nil, nil, closeAll, err
		}
	}
	for _, path := range paths {
		if path == "-" {
			readers = append(readers, a.in)
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, closeAll, fmt.Errorf("restore: %w", err)
		}
		files, readers = append(files, f), append(readers, f)
	}
	return paths, readers, closeAll, nil
}

// restoreCollection adds a collection to a database or a server.
func (a *app) restoreCollection(ctx context.Context, paths []string, as string, most int64) error {
	from := as
	if a.from["collection"] != byDefault {
		from = a.collection
	}
	_, readers, closeAll, err := a.openBackups(paths)
	defer closeAll()
	if err != nil {
		return err
	}
	report := func(line *db.BackupCollection, err error) error {
		switch {
		case err != nil && !errors.Is(err, db.ErrDamaged):
			return err
		case a.json:
			return errors.Join(err, a.printJSON(line))
		}
		fmt.Fprintf(a.out, "restored: %s has %s\n", as, term.Plural(int64(line.Live), "document"))
		return err
	}
	if a.server != "" {
		return a.withServer(func(c *client.Client) error { return report(a.restoreOnServer(ctx, c, readers, from, as)) })
	}
	return a.withDB(func(d *db.DB) error {
		line, err := d.RestoreCollection(ctx, as, &db.RestoreCollectionOptions{From: from, MaxBytes: most}, readers...)
		return report(&line, err)
	})
}

// restoreOnServer uploads backups, lets the server restore a collection from them, and
// deletes them there.
func (a *app) restoreOnServer(ctx context.Context, c *client.Client, backups []io.Reader, from, as string) (_ *db.BackupCollection, err error) {
	in := api.NewTask{Kind: api.TaskRestore, Collection: from, As: as}
	defer func() {
		for _, name := range in.Backups {
			err = errors.Join(err, c.DeleteBackup(context.WithoutCancel(ctx), name))
		}
	}()
	for _, r := range backups {
		b, err := c.UploadBackup(ctx, r)
		if err != nil {
			return nil, err
		}
		in.Backups = append(in.Backups, b.Name)
	}
	r, err := a.runTask(ctx, c, in)
	if r == nil {
		return nil, err
	}
	return r.Restore, err
}

func (a *app) runRestore(ctx context.Context, paths []string, o *db.RestoreOptions, verify bool) error {
	paths, readers, closeAll, err := a.openBackups(paths)
	defer closeAll()
	if err != nil {
		return err
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
		if ids[path] != "" {
			return nil, usage.Errorf("restore: %s is named twice", path)
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
