package main

import (
	"io"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server"
)

func (a *app) mcp() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "mcp",
		Short: "Serve the database to an assistant over the Model Context Protocol",
		Long: `Speak the Model Context Protocol on standard input and output: the tools search,
get and list_collections, and with --write also upsert and delete. Texts that are
longer than the model reads are stored in chunks.

A database is open in one process at a time. While 'frony-db serve' runs, point
the assistant at its address with the path /mcp instead.`,
		Example: `  {"mcpServers": {"notes": {"command": "frony-db", "args": ["mcp", "--db", "/home/me/notes"]}}}`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			e, err := a.servedModel(c.Context())
			if err != nil {
				return wayIn(err)
			}
			d, err := db.Open(a.dir, &db.Options{Logger: a.log, Embedder: e, MustExist: !write})
			if err != nil {
				return wayIn(err)
			}
			defer a.close(d)
			s, err := server.New(d, &server.Options{Embedder: e, MCPWrites: write, Version: buildVersion(), Logger: a.log})
			if err != nil {
				return err
			}
			if err := s.Warm(c.Context()); err != nil {
				return err
			}
			return s.MCP().Run(c.Context(), &mcp.IOTransport{Reader: io.NopCloser(a.in), Writer: nopCloser{a.out}})
		},
	}
	c.Flags().BoolVar(&write, "write", false, "offer the tools upsert and delete too")
	return c
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
