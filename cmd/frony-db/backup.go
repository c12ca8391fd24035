package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

func (a *app) backup() *cobra.Command {
	var base string
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a backup of the whole database to a file, or to - for standard output",
		Long: `backup writes all documents and vectors to one compressed file that ends with
a manifest of SHA-256 sums. With --base it holds only what was written since an
earlier backup; 'frony-db restore' then wants all of them, in their order.

A file appears under its name only when it is complete. A database is open in
one process at a time: stop 'frony-db serve' for a backup.`,
		Example: `  frony-db backup full.bak
  frony-db backup monday.bak --base full.bak
  frony-db backup - | ssh other 'cat > full.bak'`,
		Args: one("the file to write, or - for standard output"),
		RunE: func(c *cobra.Command, args []string) error { return a.runBackup(c.Context(), args[0], base) },
	}
	c.Flags().StringVar(&base, "base", "", "an earlier backup, to add to")
	return c
}

func (a *app) runBackup(ctx context.Context, path, base string) error {
	var o db.BackupOptions
	if base != "" {
		info, err := backupInfo(base)
		if err != nil {
			return err
		}
		o.Base = &info
	}
	d, err := a.open(true)
	if err != nil {
		return err
	}
	defer a.close(d)
	if path == "-" {
		_, err := d.Backup(ctx, a.out, &o)
		return err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usage.Errorf("backup: %s is a directory; name a file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	info, err := d.Backup(ctx, f, &o)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if a.json {
		return a.printJSON(info)
	}
	return a.printBackup(path, &info)
}

func (a *app) printBackup(path string, info *db.BackupInfo) error {
	t := term.Table{Columns: []term.Column{{Title: "collection", Flex: true}, {Title: "documents", Right: true}, {Title: "in this backup", Right: true}}}
	for _, c := range info.Collections {
		t.Rows = append(t.Rows, []string{c.Name, fmt.Sprint(c.Live), fmt.Sprint(c.Documents)})
	}
	if err := t.Write(a.out); err != nil {
		return err
	}
	size := ""
	if fi, err := os.Stat(path); err == nil {
		size = ", " + term.Bytes(fi.Size())
	}
	fmt.Fprintf(a.out, "%s: %s before compression%s\nsha256 %s\n", path, term.Bytes(info.Bytes), size, info.SHA256)
	return nil
}

func backupInfo(path string) (info db.BackupInfo, err error) {
	f, err := os.Open(path)
	if err != nil {
		return info, fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = db.ReadBackupInfo(f); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return info, err
}

func (a *app) restore() *cobra.Command {
	var verify bool
	var o db.RestoreOptions
	c := &cobra.Command{
		Use:   "restore FILE [FILE…]",
		Short: "Make a new database from a backup and those that add to it",
		Long: `restore makes the directory named with --db from a complete backup and the
backups that add to it, in any order; - is standard input. The directory must be
missing or empty. The database is built beside it, verified, and then renamed
into place. --verify only reads the backups and checks every sum.`,
		Example: `  frony-db restore full.bak monday.bak --db restored
  frony-db restore --verify full.bak`,
		Args: some("a backup"),
		RunE: func(c *cobra.Command, args []string) error {
			o.Logger = a.log
			return a.runRestore(c.Context(), args, &o, verify)
		},
	}
	c.Flags().BoolVar(&verify, "verify", false, "only check the backups")
	c.Flags().Int64Var(&o.MaxBytes, "max-bytes", 0, "refuse what becomes larger (default: a thousand times the backup)")
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
		defer func() { _ = f.Close() }() // it was only read
		readers[i] = f
	}
	var info db.BackupInfo
	if verify {
		for i, r := range readers {
			if info, err = db.VerifyBackup(ctx, r, o); err != nil {
				return fmt.Errorf("%s: %w", paths[i], err)
			}
		}
	} else if info, err = db.Restore(ctx, a.dir, o, readers...); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(info)
	}
	docs := 0
	for _, c := range info.Collections {
		docs += c.Live
	}
	done := "restored to " + a.dir
	if verify {
		done = "sound"
	}
	fmt.Fprintf(a.out, "%s in %s, of %s: %s\n", term.Plural(int64(docs), "document"), term.Plural(int64(len(info.Collections)), "collection"), info.Created.Local().Format(time.DateTime), done)
	return nil
}

// inOrder puts backups behind those that they add to.
func inOrder(paths []string) ([]string, error) {
	after := map[string]string{} // base → path
	ids := map[string]string{}   // path → id
	for _, path := range paths {
		if path == "-" {
			return nil, usage.Errorf("restore: standard input can hold one backup only; name files")
		}
		info, err := backupInfo(path)
		if err != nil {
			return nil, err
		}
		if other, ok := after[info.Base]; ok {
			return nil, fmt.Errorf("restore: %s and %s add to the same backup; give one of them", other, path)
		}
		after[info.Base], ids[path] = path, info.ID
	}
	var chain []string
	for path, ok := after[""]; ok; path, ok = after[ids[path]] {
		chain = append(chain, path)
	}
	if len(chain) < len(paths) {
		return nil, fmt.Errorf("restore: %d backups make a chain of %d that begins with a complete one; some are missing", len(paths), len(chain))
	}
	return chain, nil
}
