package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
)

func (a *app) backup() *cobra.Command {
	var base string
	var keep bool
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Back up the whole database to a file, or to - for standard output",
		Long: `backup writes all documents and vectors to one compressed file that ends with a
manifest of SHA-256 sums. With --base it holds only what was written since an
earlier backup; 'frony-db restore' then needs all of them.

Every document is compared with its checksums. Damaged ones are named and left out,
and the exit code is 4.

The file appears under its name only when it is complete. With --server the server
makes the backup as a task, in its --backup-dir, while it serves; the file is then
downloaded, and deleted there unless --keep is set.`,
		Example: `  frony-db backup full.bak
  frony-db backup monday.bak --base full.bak
  frony-db backup - | ssh other 'cat > full.bak'`,
		Args: one("the file to write, or - for standard output"),
		RunE: func(c *cobra.Command, args []string) error { return a.runBackup(c.Context(), args[0], base, keep) },
	}
	c.Flags().StringVar(&base, "base", "", "earlier backup that this one adds to")
	c.Flags().BoolVar(&keep, "keep", false, "with --server: keep the server's copy")
	return c
}

func (a *app) runBackup(ctx context.Context, path, base string, keep bool) error {
	var o db.BackupOptions
	if base != "" {
		info, err := backupInfo(base)
		if err != nil {
			return err
		}
		o.Base = &info
	}
	if a.server != "" {
		return a.withServer(func(c *client.Client) error { return a.backupServer(ctx, c, path, &o, keep) })
	}
	d, err := a.open(true)
	if err != nil {
		return err
	}
	defer a.close(d)
	return a.saveBackup(path, func(w io.Writer) (db.BackupInfo, error) { return d.Backup(ctx, w, &o) })
}

// backupServer lets the server make a backup and downloads it.
func (a *app) backupServer(ctx context.Context, c *client.Client, path string, o *db.BackupOptions, keep bool) (err error) {
	r, damaged := a.runTask(ctx, c, api.NewTask{Kind: api.TaskBackup, BaseInfo: o.Base})
	if damaged != nil && !errors.Is(damaged, db.ErrDamaged) {
		return damaged
	}
	if !keep {
		defer func() { err = errors.Join(err, c.DeleteBackup(context.WithoutCancel(ctx), r.Backup.Name)) }()
	}
	return a.saveBackup(path, func(w io.Writer) (db.BackupInfo, error) {
		return *r.Contents, cmp.Or(c.DownloadBackup(ctx, r.Backup.Name, w), damaged)
	})
}

// saveBackup writes a backup to a file, or to standard output, and says what it holds.
func (a *app) saveBackup(path string, write func(io.Writer) (db.BackupInfo, error)) error {
	if path == "-" {
		_, err := write(a.out)
		return err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usage.Errorf("backup: %s is a directory; name a file", path)
	}
	var info db.BackupInfo
	var damaged error
	err := createFile(path, 0o600, func(w io.Writer) (err error) {
		info, err = write(w)
		if errors.Is(err, db.ErrDamaged) {
			damaged, err = err, nil // it holds all other documents
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if a.json {
		return errors.Join(damaged, a.printJSON(info))
	}
	return errors.Join(damaged, a.printBackup(path, &info))
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
