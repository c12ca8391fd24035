// Package pipeline moves records from a source through an embedder into a store,
// with all three at work at once.
//
//	         windows of records, at most Options.Windows at a time
//	read ──► │ w3 │ ──► embed ──► │ w2 │ ──► write │ w1 │ ──► done: a slot is free
//	Prepare             Embedders goroutines       one goroutine, in order
//
// The unit is the window: some hundred records in the order of the file. Within
// a window records are embedded in batches of like length, so that short texts
// do not wait on long ones; afterwards they are written in the order of the file
// again, so that a store that remembers how far it got can go on from there.
// Embedders do not wait for a window to end: they take batches from the next one.
//
// # What always holds
//
//  1. Memory is bounded: reading stops while Options.Windows windows are on their
//     way, each of at most Options.WindowBytes and one record.
//  2. Write is called by one goroutine, window after window, and gets every
//     record that was read, but those rejected, exactly once and in order.
//  3. The pieces that Prepare makes of one record come to Write in one call, so
//     that it can replace them together.
//  4. Nothing is dropped in silence: once Run has returned nil, every record read
//     was given to Write, skipped by Prepare or told to Reject, and is counted.
//  5. When Run returns, no goroutine of it is left and no callback runs.
package pipeline
