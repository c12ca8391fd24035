// Package client speaks to a frony-db server as package db does to a database in
// the same process. A Collection has the same methods, types and errors, so that code
// can be written once for both.
//
//	c, err := client.New("http://127.0.0.1:7700", &client.Options{Key: key})
//	notes := c.Collection("notes")
//	_, err = notes.Upsert(ctx, db.Document{ID: "1", Text: "서울의 봄은 짧다"})
//	matches, err := notes.Search(ctx, db.Query{Text: "spring in Seoul", K: 5})
//	if errors.Is(err, db.ErrNoCollection) { … }
//
// # Retries
//
// A request that the server did not accept (429, 503), or whose answer did not
// arrive, is sent again after the time that the server asks for, or after a growing
// one. That is safe: reads and upserts may be repeated, and inserts and deletes carry
// an Idempotency-Key by which the server recognises them. It does so in memory: an
// insert that is repeated after a restart of the server may fail with db.ErrExists
// although the existing document is its own.
//
// A server that keeps its documents in PostgreSQL or OpenSearch can have the errors
// ErrUnavailable, after the retries, and ErrUnknownOutcome, which is not retried: an
// upsert with ids may be repeated then.
//
// # Differences
//
// Times in metadata are returned as strings (RFC 3339); filters still compare them as
// times. The limits are the server's.
package client
