// Package problem is what the server answers in place of a success: a status and
// a body with a stable code. The parts of the server share it, and make problems
// without knowing how an answer is written.
package problem
