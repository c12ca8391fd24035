// Package sink writes records to files that package source reads back unchanged:
// JSONL, CSV, TSV and Parquet.
//
//	w, err := sink.New(file, source.Parquet, &sink.Options{Embeddings: true})
//	…
//	for rec := range records {
//		err = w.Write(rec)
//	}
//	err = w.Close() // writes what is still buffered
//
// # Nothing is lost
//
// JSONL has metadata as it is; a whole float64 is written as "3.0", so that it is
// read as a float again. A table needs columns, but metadata has no schema. So the
// first records are held back, and each field that has one type in all of them gets a
// column of that type. Values that fit no column, such as fields that appear later and
// empty strings in CSV, go to a column "metadata" as JSON. CSV has the types in its
// header ("year:int").
//
// A record that could not be read back is an error that names it: text that is not
// UTF-8, a number that is not finite, metadata of another type.
package sink
