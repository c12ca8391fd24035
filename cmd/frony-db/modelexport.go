package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder/transformer"
)

func (a *app) modelExport() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "export-onnx --model DIR -o FILE",
		Short: "Write a model as an ONNX graph for other runtimes",
		Long: `export-onnx writes a model as an ONNX graph. Its inputs are input_ids and
attention_mask of text that already has its prefix; its output sentence_embedding
is pooled and normalised. Large weights go to a second file, FILE_data.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			name, err := a.theModel(args)
			if err != nil {
				return err
			}
			if path == "" {
				return usage.Errorf("name the file to write with -o")
			}
			f, err := a.models.Find(name)
			if err != nil {
				return err
			}
			if err := transformer.ExportONNX(f.Dir, path, &transformer.Options{Profile: f.Profile}); err != nil {
				return err
			}
			return a.printExported(path)
		},
	}
	c.Flags().StringVarP(&path, "output", "o", "", "file to write, such as model.onnx")
	return c
}

func (a *app) printExported(path string) error {
	sizes := map[string]int64{}
	for _, p := range []string{path, path + "_data"} {
		if st, err := os.Stat(p); err == nil {
			sizes[p] = st.Size()
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"files": sizes})
	}
	for _, p := range []string{path, path + "_data"} {
		if n, ok := sizes[p]; ok {
			fmt.Fprintf(a.out, "%s  %s\n", p, term.Bytes(n))
		}
	}
	return nil
}
