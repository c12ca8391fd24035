package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/embedder/transformer"
)

func (a *app) modelTokenize() *cobra.Command {
	var plain bool
	c := &cobra.Command{
		Use:   "tokenize --model DIR",
		Short: "Print the token ids of lines from standard input",
		Long: `tokenize reads lines from standard input and prints their token ids, one JSON array
per line, including special tokens. Lines are used as they are: no prefix is
added and nothing is truncated. Only \n ends a line.`,
		Example: `  printf '%s\n' '<Q>서울의 봄' | frony-db model tokenize --model path/to/model`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := a.theModel(args)
			if err != nil {
				return err
			}
			f, err := a.models.Find(name)
			if err != nil {
				return err
			}
			t, err := openTokenizer(f.Dir)
			if err != nil {
				return err
			}
			return errors.Join(tokenize(c.Context(), a.in, a.out, t, !plain), t.Close())
		},
	}
	c.Flags().BoolVar(&plain, "no-special", false, "leave out special tokens")
	return c
}

// openTokenizer opens the tokenizer.json in a model's directory or in its only
// subdirectory that has one.
func openTokenizer(dir string) (transformer.Tokenizer, error) {
	path := filepath.Join(dir, "tokenizer.json")
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		path = dir
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if below, err := filepath.Glob(filepath.Join(dir, "*", "tokenizer.json")); err == nil && len(below) == 1 {
			path = below[0]
		}
	}
	return transformer.OpenTokenizer(path)
}

func tokenize(ctx context.Context, in io.Reader, out io.Writer, t transformer.Tokenizer, special bool) error {
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	var ids []int32
	var line []byte
	for ctx.Err() == nil {
		text, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading standard input: %w", err)
		}
		if text != "" {
			ids = t.AppendEncode(ids[:0], strings.TrimSuffix(text, "\n"), special)
			line = append(line[:0], '[')
			for i, id := range ids {
				if i > 0 {
					line = append(line, ',', ' ')
				}
				line = strconv.AppendInt(line, int64(id), 10)
			}
			if _, err := w.Write(append(line, ']', '\n')); err != nil {
				return err
			}
		}
		if r.Buffered() == 0 || err != nil {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if err != nil {
			return nil //nolint:nilerr // the end of the input
		}
	}
	return ctx.Err()
}
