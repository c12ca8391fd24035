// Package sink writes records to files that package source reads back as they
// were: JSONL, CSV, TSV and Parquet.
//
//	w, err := sink.New(file, source.Parquet, &sink.Options{Embeddings: true})
//	…
//	for rec := range records {
//		err = w.Write(rec)
//	}
//	err = w.Close() // not before this is all of it written
//
// # Nothing is lost
//
// JSONL holds metadata as it is; a float64 that is a whole number is written as
// "3.0", so that it comes back as one. A table wants columns, and metadata has no
// schema: so the first records are held back, and each field that has one type in
// all of them gets a column of that type. What does not fit a column, a field that
// comes up later, an empty string in CSV, goes to a column "metadata" as JSON. CSV
// tells its types in the header ("year:int").
//
// What cannot come back as it was is an error, and says which record it is: text
// that is not UTF-8, a number that is not finite, metadata of another type.
package sink
