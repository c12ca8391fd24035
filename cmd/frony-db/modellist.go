package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
	"github.com/fronyai/frony-db/embedder/hub"
)

// modelJSON is a model in the cache.
type modelJSON struct {
	Repo     string     `json:"repo"`
	Commit   string     `json:"commit"`
	Refs     []string   `json:"refs"`
	Dir      string     `json:"dir"`
	Files    int        `json:"files"`
	Bytes    int64      `json:"bytes"`
	Pulled   *time.Time `json:"pulled,omitempty"`
	Complete bool       `json:"complete"`
}

func (a *app) modelList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the models in the hub's cache",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			h, err := a.models.Hub(hub.Options{})
			if err != nil {
				return hubError(err)
			}
			models, err := h.List()
			if err != nil {
				return err
			}
			if a.json {
				list := make([]modelJSON, len(models))
				for i, m := range models {
					list[i] = modelJSON{m.Repo, m.Commit, m.Refs, m.Dir, m.Files, m.Bytes, nil, m.Complete}
					if m.Refs == nil {
						list[i].Refs = []string{}
					}
					if !m.Pulled.IsZero() {
						list[i].Pulled = &m.Pulled
					}
				}
				return a.printJSON(map[string]any{"cache": h.CacheDir(), "models": list})
			}
			return a.printModels(h, models)
		},
	}
}

func (a *app) printModels(h *hub.Hub, models []hub.Model) error {
	if len(models) == 0 {
		_, err := fmt.Fprintf(a.err, "no models in %s; download one with 'frony-db model pull OWNER/NAME'\n", h.CacheDir())
		return err
	}
	t := term.Table{Columns: []term.Column{
		{Title: "model", Flex: true}, {Title: "revision"}, {Title: "commit"}, {Title: "size", Right: true}, {Title: "state"}, {Title: "pulled"},
	}}
	for _, m := range models {
		state, pulled := "ready", ""
		if !m.Complete {
			state = "incomplete"
		}
		if !m.Pulled.IsZero() {
			pulled = m.Pulled.Local().Format(time.DateTime)
		}
		t.Rows = append(t.Rows, []string{m.Repo, strings.Join(m.Refs, ","), m.Commit[:12], term.Bytes(m.Bytes), state, pulled})
	}
	return t.Write(a.out)
}
