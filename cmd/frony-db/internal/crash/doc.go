// Package crash tests on a given disk that a killed database loses nothing that it
// acknowledged.
//
// A child process writes to a database, in batches and from several writers at once,
// and prints which operations were acknowledged. It is killed (SIGKILL) at a random
// moment, sometimes while it opens the database. Then the database is opened and
// compared with its expected state:
//
//	           op 1   op 2   op 3   op 4
//	writer     ──●──────●──────●──────○─ ╳ kill
//	           acknowledged          in flight: done completely, or not at all
//
// Every operation follows from a seed, its writer and its number, so that parent and
// child need not exchange them.
//
// A kill ends the process but not the operating system, which still writes what it
// has received. Power failures are not tested; docs/durability.md says what they may
// cost.
package crash
