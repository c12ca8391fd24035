// Package crash is the crash certificate: it proves on a disk at hand that a
// killed database loses nothing it acknowledged.
//
// A child process writes to a database, in batches and from several writers at
// once, and says on its standard output which operations were acknowledged. It
// is killed (SIGKILL) at a random moment, also while it opens the database.
// Then the database is opened and compared with what it must hold:
//
//	           op 1   op 2   op 3   op 4
//	writer     ──●──────●──────●──────○─ ╳ kill
//	           acknowledged          under way: done as a whole, or not at all
//
// What every operation does follows from a seed, its writer and its number, so
// that parent and child need not talk about it.
//
// A kill takes the process away and not the power: what the operating system
// had taken from the process is still written. Power failures need another
// machine; docs/durability.md says what they may take.
package crash
