// Package pipeline moves records from a source into a store, with both at work at
// once.
//
//	         windows of records, at most Options.Windows at a time
//	read ──► │ w3 │ w2 │ ──► write │ w1 │ ──► done: a slot is free
//	Prepare                  one goroutine, in order
//
// The unit is the window: some hundred records in the order of the file.
//
// # What always holds
//
//  1. Memory is bounded: reading stops while Options.Windows windows are in
//     flight, each of at most Options.WindowBytes and one record.
//  2. Write is called by one goroutine, window after window. It gets every record
//     that was read, except the rejected ones, exactly once and in order.
//  3. The pieces that Prepare makes of one record come to Write in one call, so
//     that it can replace them together.
//  4. Nothing is dropped silently: once Run has returned nil, every record read was
//     given to Write, skipped by Prepare or passed to Reject, and is counted.
//  5. When Run returns, all its goroutines have ended and no callback runs.
package pipeline
