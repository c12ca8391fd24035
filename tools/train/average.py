"""Averages runs of train.py that share their vocabulary, data and teacher.

    python average.py OUT RUN RUN...

The teacher's vectors give all runs the same axes, so that the rows of one piece
point the same way in each (decision 0045). OUT is a folder like a run's, for
export.py.
"""

import os
import shutil
import sys

import numpy as np


def main(out, *runs):
    total, roles = 0, 0
    for run in runs:
        z = np.load(os.path.join(run, "model.npz"))
        mean = z["weights"].mean(0)  # of the roles; it goes into the rows
        rows = z["rows"] * np.exp(mean)[:, None]
        total = total + rows / np.sqrt((rows**2).sum(1).mean())
        roles = roles + z["weights"] - mean
    os.makedirs(out, exist_ok=True)
    shutil.copy(os.path.join(runs[0], "vocab.txt"), out)
    np.savez(os.path.join(out, "model.npz"), rows=(total / len(runs)).astype(np.float32), weights=roles / len(runs))


if __name__ == "__main__":
    main(*sys.argv[1:])
