package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/profile"
)

// modelInfoJSON describes a model.
type modelInfoJSON struct {
	embedder.Spec
	Fingerprint string `json:"fingerprint"`
	Licence     string `json:"licence,omitempty"`
	Dir         string `json:"dir,omitempty"`
}

func (a *app) modelInfo() *cobra.Command {
	return &cobra.Command{
		Use:   "info [MODEL]",
		Short: "Print what determines a model's vectors: dims, prefixes, pooling, hashes",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := a.modelOrBuiltin(args)
			if err != nil {
				return err
			}
			e, err := a.models.Open(c.Context(), name)
			if err != nil {
				return err
			}
			if e == nil {
				return usage.Errorf("info needs a model; drop --precomputed")
			}
			info := modelInfoJSON{Spec: e.Spec(), Fingerprint: e.Spec().Fingerprint()}
			if p, ok := profile.Find(info.Model); ok {
				info.Licence = p.Licence
			}
			if info.WeightsHash != "" {
				if f, err := a.models.Find(name); err == nil {
					info.Dir = f.Dir
				}
			}
			if a.json {
				return a.printJSON(info)
			}
			return a.printInfo(info)
		},
	}
}

func (a *app) printInfo(i modelInfoJSON) error {
	t := term.Table{Columns: []term.Column{{Title: "model"}, {Title: i.Model, Flex: true}}}
	row := func(name, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []string{name, value})
		}
	}
	row("revision", i.Revision)
	row("dims", fmt.Sprintf("%d, graph over the first %d", i.Dims, i.HeadDims))
	limit := "none"
	if i.MaxTokens > 0 {
		limit = strconv.Itoa(i.MaxTokens)
	}
	row("token limit", limit)
	row("query prefix", strconv.Quote(i.QueryPrefix))
	row("passage prefix", strconv.Quote(i.PassagePrefix))
	row("pooling", i.Pooling)
	row("weights", i.WeightsHash)
	row("tokenizer", i.TokenizerHash)
	row("fingerprint", i.Fingerprint)
	row("licence", i.Licence)
	row("directory", i.Dir)
	return t.Write(a.out)
}
