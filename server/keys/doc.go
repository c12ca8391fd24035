// Package keys says who may do what on a server: named keys with a role and,
// optionally, a list of collections.
//
// A key's secret is 256 random bits, shown once when it is made and stored
// nowhere. A file of keys holds SHA-256 sums of secrets, one key per line:
//
//	# name    role    sum of the secret                      collections (optional)
//	website   read    sha256:3f0a…                           notes,faq
//	importer  write   sha256:91bc…
//	ops       admin   sha256:77de…
//	app       write   sha256:c4d1…                           notes where tenant = "a"
//
// A key with a filter, which extends to the end of the line, is for the documents that
// meet it, and for nothing else. Its role is read or write.
//
// A plain hash is enough because a secret is random: there is no dictionary to
// try. Slow password hashes guard secrets that people choose.
//
// A role includes those before it: read searches and reads, write also changes
// documents, admin also creates and drops collections.
package keys
