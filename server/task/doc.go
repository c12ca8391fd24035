// Package task runs work that goes on when the request that started it has ended.
// Tasks are known until the server stops: what they do to the database is complete or
// can be done again.
package task
