"""Runs a peer that has a Python package, for annbench.

Reads one JSON command a line from standard input, answers with one JSON line.
Queries go to the peer's own batch call, a hundred at a time, on one thread, so
that Python takes next to nothing of the time.
"""
import json
import os
import sys
import time

import numpy as np

BATCH = 100


class Hnswlib:
    def __init__(self, dims, m, efc):
        import hnswlib
        self.lib, self.dims, self.m, self.efc = hnswlib, dims, m, efc

    def build(self, x):
        self.i = self.lib.Index(space="ip", dim=self.dims)
        self.i.init_index(max_elements=len(x), M=self.m, ef_construction=self.efc, random_seed=100)
        self.i.add_items(x, num_threads=1)

    def save(self, path):
        self.i.save_index(path)

    def load(self, path, n):
        self.i = self.lib.Index(space="ip", dim=self.dims)
        self.i.load_index(path, max_elements=n)

    def ef(self, ef):
        self.i.set_ef(ef)

    def search(self, q, k):
        return self.i.knn_query(q, k=k, num_threads=1)[0]


class Usearch:
    dtype = "f32"

    def __init__(self, dims, m, efc):
        from usearch.index import Index
        self.i = Index(ndim=dims, metric="ip", dtype=self.dtype, connectivity=m, expansion_add=efc)

    def build(self, x):
        self.i.add(np.arange(len(x), dtype=np.uint64), x, threads=1)

    def save(self, path):
        self.i.save(path)

    def load(self, path, n):
        self.i.load(path)

    def ef(self, ef):
        self.i.expansion_search = ef

    def search(self, q, k):
        return self.i.search(q, k, threads=1).keys


class UsearchI8(Usearch):
    dtype = "i8"


class Faiss:
    def __init__(self, dims, m, efc):
        import faiss
        faiss.omp_set_num_threads(1)
        self.lib = faiss
        self.i = faiss.IndexHNSWFlat(dims, m)  # L2: the same order for unit vectors
        self.i.hnsw.efConstruction = efc

    def build(self, x):
        self.i.add(x)

    def save(self, path):
        self.lib.write_index(self.i, path)

    def load(self, path, n):
        self.i = self.lib.read_index(path)

    def ef(self, ef):
        self.i.hnsw.efSearch = ef

    def search(self, q, k):
        return self.i.search(q, k)[1]


PEERS = {"hnswlib": Hnswlib, "usearch": Usearch, "usearch-i8": UsearchI8, "faiss": Faiss}


def main():
    peer = queries = None
    for line in sys.stdin:
        c = json.loads(line)
        out = {}
        if c["op"] == "build":
            x = np.fromfile(c["base"], dtype=np.float32).reshape(-1, c["dims"])
            queries = np.fromfile(c["query"], dtype=np.float32).reshape(-1, c["dims"])
            peer = PEERS[c["peer"]](c["dims"], c["m"], c["efc"])
            note = c["index"] + ".json"
            if os.path.exists(note):
                peer.load(c["index"], len(x))
                out = json.load(open(note))
                out["cached"] = True
            else:
                cpu, wall = time.process_time_ns(), time.perf_counter_ns()
                peer.build(x)
                out = {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall}
                peer.save(c["index"])
                out["bytes"] = os.path.getsize(c["index"]) / len(x)
                json.dump(out, open(note, "w"))
            del x
        elif c["op"] == "search":
            n, k = c["n"], c["k"]
            peer.ef(c["ef"])
            found = []
            peer.search(queries[:10], k)
            cpu, wall = time.process_time_ns(), time.perf_counter_ns()
            for i in range(0, n, BATCH):
                found.append(peer.search(queries[i:min(i + BATCH, n)], k))
            out = {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall}
            np.concatenate(found).astype(np.uint32).tofile(c["out"])
        print(json.dumps(out), flush=True)


main()
