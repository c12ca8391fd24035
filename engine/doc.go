// Package engine is what the server needs of a database, whatever stores it.
//
//	d, err := db.Open("data", nil)
//	e := engine.Local(d)
//	c, err := e.Collection(ctx, "notes", nil)
//	matches, err := c.Search(ctx, db.Query{Text: "봄", K: 5})
//
// Package db is the first implementation. The types of documents, queries, options,
// results and errors are db's.
//
// # What not every engine does
//
// DB and Collection are what every engine has. The rest is in interfaces of its own:
// Maintainer, Namer, Joiner, Loader, Backuper, Remodeler, SelfQuerier, Mapper. As
// asks a value for one of them, and returns ErrUnsupported with what to use instead if it
// does not have it.
package engine
