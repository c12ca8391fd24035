// Package client speaks to a frony-db server as package db speaks to a
// database in the same process: a Collection has the same methods with the same
// types, and its errors are the same too, so that code can be written once for
// both.
//
//	c, err := client.New("http://127.0.0.1:7700", &client.Options{Key: key})
//	notes := c.Collection("notes")
//	_, err = notes.Upsert(ctx, db.Document{ID: "1", Text: "서울의 봄은 짧다"})
//	matches, err := notes.Search(ctx, db.Query{Text: "spring in Seoul", K: 5})
//	if errors.Is(err, db.ErrNoCollection) { … }
//
// # Retries
//
// A request that the server did not take (429, 503), or whose answer did not
// arrive, is sent again after the time that the server says, or a growing one.
// That is safe: reads and upserts may be repeated, and inserts and deletes
// carry an Idempotency-Key, by which the server knows them again. What it
// knows is in its memory: an insert that is repeated across a restart of the
// server may fail with db.ErrExists though it is its own document that exists.
//
// # Differences
//
// Times in metadata come back as strings (RFC 3339), as JSON has them; filters
// compare them as times all the same. Limits are the server's.
package client
