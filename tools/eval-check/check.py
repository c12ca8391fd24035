#!/usr/bin/env python3
"""Compares the figures of `frony-db eval` with those of trec_eval.

    pip install -r requirements.txt
    check.py --data DIR --run FILE --report REPORT.json --mode MODE [--set NAME]

DIR holds the set (queries.jsonl and qrels.tsv), FILE is the run file that was
written for MODE, REPORT.json the report of the same run. pytrec_eval computes
every measure again from the run file; the exit status is 1 if one differs by
more than 1e-6.
"""

import argparse
import json
import pathlib
import sys

import pytrec_eval

MEASURES = {
    "accuracy@1": "success_1",
    "accuracy@3": "success_3",
    "accuracy@5": "success_5",
    "accuracy@10": "success_10",
    "mrr@10": "recip_rank",  # the run file stops at rank 10
    "ndcg@10": "ndcg_cut_10",
}


def word(text):
    """An id as it stands in a run file: without white space."""
    return "_".join(text.split())


def read_qrels(folder):
    path = folder / "qrels.tsv"
    if not path.exists():
        path = folder / "qrels" / "test.tsv"
    qrels = {}
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        fields = line.split("\t")
        if not line.strip() or fields[0] == "query-id":
            continue
        grade = int(fields[2]) if len(fields) > 2 else 1
        qrels.setdefault(word(fields[0]), {})[word(fields[1])] = grade
    return {q: docs for q, docs in qrels.items() if any(docs.values())}


def read_run(path, qrels):
    run = {query: {} for query in qrels}  # a query without an answer scores 0
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, doc, _, score, _ = line.split()
        run[query][doc] = float(score)
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("--mode", required=True)
    parser.add_argument("--set", help="the set's name in the report; default: the folder's")
    args = parser.parse_args()

    name = args.set or args.data.resolve().name
    report = json.loads(args.report.read_text(encoding="utf-8"))
    ours = next(s for s in report["sets"] if s["name"] == name)["modes"][args.mode]
    qrels = read_qrels(args.data)
    run = read_run(args.run, qrels)
    evaluator = pytrec_eval.RelevanceEvaluator(
        qrels, {"success.1,3,5,10", "recip_rank", "ndcg_cut.10"}
    )
    results = evaluator.evaluate(run).values()
    worst = 0.0
    for ours_name, trec_name in MEASURES.items():
        theirs = sum(r.get(trec_name, 0.0) for r in results) / len(qrels)
        gap = abs(ours[ours_name] - theirs)
        worst = max(worst, gap)
        print(f"{name} {args.mode} {ours_name:<12} {ours[ours_name]:.6f} {theirs:.6f} {gap:.1e}")
    if worst > 1e-6:
        sys.exit(f"{name}: the figures differ by up to {worst:.1e}")


if __name__ == "__main__":
    main()
