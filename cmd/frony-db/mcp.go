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
		Long: `mcp speaks the Model Context Protocol on standard input and output. Its tools are
search, get and list_collections, and with --write also upsert and delete. Texts
longer than the model's context are stored in chunks.

Only one process can open a database. While 'frony-db serve' runs, point the
assistant at its address with the path /mcp instead.`,
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
	c.Flags().BoolVar(&write, "write", false, "also offer the tools upsert and delete")
	return c
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
