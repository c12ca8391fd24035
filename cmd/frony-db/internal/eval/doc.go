// Package eval measures how well searches find what they should: it indexes a
// set of documents, asks the set's questions in every mode of search, and
// compares the answers with the set's judgements.
//
//	DIR/corpus.jsonl   {"id", "title"?, "text", "lang"?} a line
//	DIR/queries.jsonl  {"id", "text", "lang"?} a line
//	DIR/qrels.tsv      query id, document id, grade; the last may be missing
//
//	set, err := eval.Load("sets/faq")
//	report, err := eval.Run(ctx, []*eval.Set{set}, searcher, nil)
//	err = report.WriteMarkdown(os.Stdout)
//
// The searcher stands between this package and the database, so that the
// measure knows nothing of what it measures. A report is written as Markdown
// in the form of the model card's table, as JSON, as a plot (SVG), and as run
// files in the form of TREC, which outside tools can check: see
// tools/eval-check.
//
// # Measures
//
// All are means over the queries that have a judgement, as fractions:
//
//   - Accuracy@k: 1 if a relevant document is among the first k (trec_eval
//     calls it success)
//   - MRR@10: 1 / rank of the first relevant document, 0 beyond the tenth
//   - nDCG@10: gains of grade / log2(rank + 1), divided by those of the best
//     order of all judged documents (Järvelin and Kekäläinen 2002)
//
// A document with a grade above 0 is relevant.
package eval
