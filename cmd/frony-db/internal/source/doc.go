// Package source reads files as records: an id, a text, metadata, and optionally an
// embedding.
//
// # How to use it
//
//	r, err := source.Open(ctx, "docs/*.jsonl.gz", nil)
//	…
//	defer r.Close()
//	for {
//		rec, err := r.Next()
//		if reject, ok := errors.AsType[*source.Reject](err); ok {
//			… // one bad record: keep it and continue
//			continue
//		}
//		if err == io.EOF {
//			break
//		}
//		if err != nil {
//			… // this file ends here; Next continues with the next one
//		}
//		… // rec
//	}
//
// # How it is built
//
// A path names a file, a folder, a glob or "-" for standard input. It becomes a list
// of files. Each file passes through three layers that know nothing of each other:
//
//	bytes ──► gunzip, unzstd ──► to UTF-8 ──► JSONL, CSV, Parquet, text ──► Record
//	          (by magic bytes)   (detected     (by name or by option)
//	                              or named)
//
// # What always holds
//
//  1. Nothing is dropped silently. A bad record is a *Reject with file, line, byte
//     offset and reason; a file that cannot be read to its end is a *FileError that
//     says how far it got; files of a folder that are not read are reported to
//     Options.Skipped.
//  2. Memory is bounded by Options.MaxRecord for any input: a line of a gigabyte is a
//     reject, and reading continues at the next line.
//  3. A value is read exactly or not at all. Integers are int64, never rounded to
//     float64. A number out of range, a repeated key, half a surrogate pair or
//     invalid UTF-8 is a reject, never a guess.
//  4. The same input gives the same records in the same order: folders are read
//     in the order of their paths.
package source
