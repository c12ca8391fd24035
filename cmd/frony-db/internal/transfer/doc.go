// Package transfer copies collections from one database to another, with their
// embeddings: nothing is embedded again. A database is a directory, one of an engine, or
// a server's.
//
//	from, to := transfer.Engine(a), transfer.Server(c)
//	report, err := transfer.Copy(ctx, from, to, "notes", "notes", nil)
//
// # How
//
// Both sides are scanned in the order of ids, beside each other. A document that is on the
// other side and equal is left alone, so that the same call completes a copy that was
// interrupted at any moment; all others are written. What was written is then read again
// and compared: see Report.
package transfer
