package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/quant"
)

func (a *app) embed() *cobra.Command {
	var role string
	var dims int
	c := &cobra.Command{
		Use:   "embed TEXT",
		Short: "Print the embedding of a text",
		Example: `  frony-db embed "화산이 폭발하면 재가 내린다"
  frony-db embed "volcanic ash" --role query --dims 192 --json`,
		Args: one("a text"),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case strings.TrimSpace(args[0]) == "":
				return usage.Errorf("the text is empty")
			case role != "query" && role != "passage":
				return usage.Errorf("--role %q: want query or passage", role)
			case dims < 0:
				return usage.Errorf("--dims %d: want 0 or more", dims)
			}
			model, v, err := a.vector(c.Context(), role, args[0])
			if err != nil {
				return err
			}
			if dims > len(v) {
				return usage.Errorf("--dims %d: the model %s has %d", dims, model, len(v))
			}
			if dims > 0 && dims < len(v) {
				v = quant.Head(make([]float32, dims), v)
			}
			return a.printVector(model, role, v)
		},
	}
	c.Flags().StringVar(&role, "role", "passage", "query or passage")
	c.Flags().IntVar(&dims, "dims", 0, "dimensions to print: a Matryoshka head, renormalised (default: all)")
	return c
}

// vector embeds a text with the model that the flags name, or with the server's. It
// returns the model's name too.
func (a *app) vector(ctx context.Context, role, text string) (model string, v []float32, err error) {
	if a.server != "" {
		err = a.withServer(func(c *client.Client) error {
			if model, err = c.Model(ctx); err != nil {
				return err
			}
			v, err = embedAs(ctx, c, role, text)
			return err
		})
		return model, v, err
	}
	e, err := a.models.Open(ctx, cmp.Or(a.models.Name, "builtin"))
	if err != nil {
		return "", nil, err
	}
	if e == nil {
		return "", nil, usage.Errorf("embed needs a model; drop --precomputed")
	}
	v, err = embedAs(ctx, e, role, text)
	return e.Spec().Model, v, err
}

// embedAs embeds a text in a role.
func embedAs(ctx context.Context, e interface {
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}, role, text string,
) ([]float32, error) {
	if role == "query" {
		return e.EmbedQuery(ctx, text)
	}
	v, err := e.EmbedPassages(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	return v[0], nil
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
