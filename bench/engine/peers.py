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


class SVS:
    """Scalable Vector Search: a Vamana graph, of one level, over float32 vectors."""

    def __init__(self, dims, m, efc):
        import svs
        svs.logging.set_level(svs.logging.level.warn)
        self.lib, self.m, self.efc = svs, m, efc

    def build(self, x):
        # L2, with the same order for unit vectors and alpha 1.2, is a sixth slower.
        p = self.lib.VamanaBuildParameters(alpha=0.95, graph_max_degree=self.m, window_size=self.efc)
        self.i = self.lib.Vamana.build(p, x, self.lib.DistanceType.MIP, num_threads=1)

    def save(self, path):
        os.makedirs(path, exist_ok=True)
        self.i.save(*self.parts(path))

    def load(self, path, n):
        config, graph, data = self.parts(path)
        self.i = self.lib.Vamana(config, self.lib.GraphLoader(graph), self.lib.VectorDataLoader(data, self.lib.DataType.float32),
                                 self.lib.DistanceType.MIP, num_threads=1)

    def parts(self, path):
        return [os.path.join(path, p) for p in ("config", "graph", "data")]

    def ef(self, ef):
        self.i.search_window_size = ef

    def search(self, q, k):
        return self.i.search(q, k)[0]


PEERS = {"hnswlib": Hnswlib, "svs": SVS, "usearch": Usearch, "usearch-i8": UsearchI8, "faiss": Faiss}


def size(path):
    """The bytes of a file, or of the files below a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(path) for f in files)


def build(c, x):
    peer = PEERS[c["peer"]](c["dims"], c["m"], c["efc"])
    note = c["index"] + ".json"
    if os.path.exists(note):
        peer.load(c["index"], len(x))
        with open(note) as f:
            return peer, json.load(f) | {"cached": True}
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    peer.build(x)
    out = {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall}
    peer.save(c["index"])
    out["bytes"] = size(c["index"]) / len(x)
    with open(note, "w") as f:
        json.dump(out, f)
    return peer, out


def main():
    peer = queries = None
    for line in sys.stdin:
        c = json.loads(line)
        out = {}
        if c["op"] == "build":
            x = np.fromfile(c["base"], dtype=np.float32).reshape(-1, c["dims"])
            queries = np.fromfile(c["query"], dtype=np.float32).reshape(-1, c["dims"])
            try:
                peer, out = build(c, x)
            except ImportError as e:
                out = {"missing": e.name or str(e)}
            del x
        elif c["op"] == "search":
            q, k = queries[c["first"]:c["first"] + c["n"]], c["k"]
            peer.ef(c["ef"])
            found = []
            peer.search(q[:10], k)
            cpu, wall = time.process_time_ns(), time.perf_counter_ns()
            for i in range(0, len(q), BATCH):
                found.append(peer.search(q[i:i + BATCH], k))
            out = {"cpu": time.process_time_ns() - cpu, "wall": time.perf_counter_ns() - wall}
            np.concatenate(found).astype(np.uint32).tofile(c["out"])
        print(json.dumps(out), flush=True)


main()
