package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/quant"
)

func (a *app) embed() *cobra.Command {
	var role string
	var dims int
	c := &cobra.Command{
		Use:   "embed TEXT",
		Short: "Print the embedding of a text",
		Args:  one("a text"),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := a.openModel(c.Context(), cmp.Or(a.model, "builtin"))
			if err != nil {
				return err
			}
			if e == nil {
				return usageError{fmt.Errorf("--model none embeds nothing")}
			}
			spec := e.Spec()
			if dims < 0 || dims > spec.Dims {
				return usageError{fmt.Errorf("--dims %d: the model %s has %d", dims, spec.Model, spec.Dims)}
			}
			var v []float32
			switch role {
			case "query":
				v, err = e.EmbedQuery(c.Context(), args[0])
			case "passage":
				var vs [][]float32
				if vs, err = e.EmbedPassages(c.Context(), args); err == nil {
					v = vs[0]
				}
			default:
				return usageError{fmt.Errorf("--role %q: want query or passage", role)}
			}
			if err != nil {
				return err
			}
			if dims > 0 && dims < len(v) {
				v = quant.Head(make([]float32, dims), v)
			}
			return a.printVector(spec.Model, role, v)
		},
	}
	c.Flags().StringVar(&role, "role", "passage", "query or passage")
	c.Flags().IntVar(&dims, "dims", 0, "length of the vector: a Matryoshka head, renormalised (default: all)")
	return c
}

func (a *app) printVector(model, role string, v []float32) error {
	if a.json {
		return a.printJSON(map[string]any{"model": model, "role": role, "dims": len(v), "embedding": v})
	}
	for i, x := range v {
		if i > 0 {
			fmt.Fprint(a.out, " ")
		}
		fmt.Fprintf(a.out, "%.6g", float64(x))
	}
	_, err := fmt.Fprintln(a.out)
	return err
}
