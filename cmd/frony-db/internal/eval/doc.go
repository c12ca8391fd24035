// Package eval measures the quality of searches. It indexes the documents of a set,
// runs the set's queries in every search mode, and compares the results with the set's
// judgements.
//
//	DIR/corpus.jsonl   {"id", "title"?, "text", "lang"?} per line
//	DIR/queries.jsonl  {"id", "text", "lang"?} per line
//	DIR/qrels.tsv      query id, document id, and optionally a grade
//
//	set, err := eval.Load("sets/faq")
//	report, err := eval.Run(ctx, []*eval.Set{set}, searcher, nil)
//	err = report.WriteMarkdown(os.Stdout)
//
// The searcher hides the database, so that the measurement knows nothing of what it
// measures. A report can be written as Markdown like the table of the model card, as
// JSON, as a plot (SVG), and as TREC run files, which other tools can check; see
// tools/eval-check.
//
// # Measures
//
// All are means over the queries with a judgement, as fractions:
//
//   - Accuracy@k: 1 if a relevant document is among the first k (trec_eval
//     calls it success)
//   - MRR@10: 1 / rank of the first relevant document, 0 beyond the tenth
//   - nDCG@10: the sum of grade / log2(rank + 1), divided by that of the best order
//     of all judged documents (Järvelin and Kekäläinen 2002)
//
// A document with a grade above 0 is relevant.
package eval
