// Package office reads the files of office programs as ECMA-376 (Office Open XML)
// describes them: the rows of a spreadsheet (.xlsx) and the text of a document (.docx).
//
// The two Go libraries for spreadsheets that were tried take a damaged sheet for a short
// one, and read a streamed cell without its type: dates are numbers then. Here whatever
// can't be read is an error, and cells come as text that a table's types can be inferred
// from.
package office
