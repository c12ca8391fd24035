// Package admit decides whether a request is let in: by the rate of its key, the
// bytes of its body and of all others, an answer that is known already, and a slot
// to work in.
//
//	rate → body → idempotency → queue
//
// Each part stands alone, bounds its own memory, and refuses with a problem that
// says when to try again.
package admit
