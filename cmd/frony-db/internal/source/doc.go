// Package source reads the files people have and gives back records: an id, a
// text, metadata, perhaps an embedding.
//
// # How to use it
//
//	r, err := source.Open(ctx, "docs/*.jsonl.gz", nil)
//	…
//	defer r.Close()
//	for {
//		rec, err := r.Next()
//		if reject, ok := errors.AsType[*source.Reject](err); ok {
//			… // one bad record: keep it, go on
//			continue
//		}
//		if err == io.EOF {
//			break
//		}
//		if err != nil {
//			… // this file ends here; Next goes on with the one after it
//		}
//		… // rec
//	}
//
// # How it is built
//
// A path names a file, a folder, a glob or "-" for standard input, and becomes a
// list of files. Each file passes through three layers, and each layer knows
// nothing of the next:
//
//	bytes ──► gunzip, unzstd ──► to UTF-8 ──► JSONL, CSV, Parquet, text ──► Record
//	          (by magic bytes)   (detected     (by name or by option)
//	                              or named)
//
// # What always holds
//
//  1. Nothing is dropped in silence. A record that cannot be taken is a *Reject
//     that names file, line, byte offset and reason; a file that cannot be read
//     on is a *FileError that says how far it got; a file of a folder that is
//     passed over is reported to Options.Skipped.
//  2. Memory is bounded by Options.MaxRecord whatever the input: a line of a
//     gigabyte is a reject, and reading goes on at the next line.
//  3. A value is taken exactly or not at all. Integers are int64, not float64
//     rounded; a number that does not fit, a repeated key, half a surrogate pair
//     or a byte that is not UTF-8 is a reject, never a guess.
//  4. The same input gives the same records in the same order: folders are read
//     in the order of their paths.
package source
