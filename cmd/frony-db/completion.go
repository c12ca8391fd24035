package main

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// completeWithin bounds how long a completion may take.
const completeWithin = time.Second

// completions registers shell completions for the flags of all verbs.
func (a *app) completions(root *cobra.Command) {
	fixed := map[string][]cobra.Completion{
		"log-level":    {"debug", "info", "warn", "error"},
		"model-engine": {"go", "onnx"},
		"mode":         {"dense", "lexical", "hybrid"},
		"role":         {"passage", "query"},
		"fusion":       {"weighted", "reciprocal"},
		"encoding":     {"utf-8", "utf-16le", "utf-16be", "cp949"},
	}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		for name, values := range fixed {
			if c.LocalFlags().Lookup(name) != nil {
				_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
			}
		}
		for _, verb := range c.Commands() {
			visit(verb)
		}
	}
	visit(root)
	_ = root.RegisterFlagCompletionFunc("collection", a.completeCollection)
	_ = root.MarkPersistentFlagDirname("db")
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml")
}

// completeCollection completes the name of a collection.
func (a *app) completeCollection(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	a.logTo(slog.DiscardHandler) // not at a prompt
	names, err := a.collectionNames(c)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) collectionNames(c *cobra.Command) ([]cobra.Completion, error) {
	if err := a.configure(c); err != nil {
		return nil, err
	}
	if err := cmp.Or(a.checkEngine(), a.chooseTarget()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), completeWithin)
	defer cancel()
	var names []cobra.Completion
	list := func(d database) error {
		for info, err := range d.Collections(ctx) {
			if err != nil {
				return err
			}
			names = append(append(names, info.Name), info.Aliases...)
		}
		return nil
	}
	if a.server != "" {
		err := a.withServer(func(c *client.Client) error { return list(c) })
		return names, err
	}
	if a.engine != "" {
		err := a.withEngine(ctx, true, func(d engine.DB) error { return list(engineDatabase{d}) })
		return names, err
	}
	// Read-only, so that two prompts don't lock each other out.
	d, err := db.Open(a.dir, &db.Options{MustExist: true, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer a.close(d)
	err = list(d)
	return names, err
}
