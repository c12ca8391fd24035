"""Trains an average of runs a little further, on documentation more than before.

    python refine.py DATA RUN OUT

RUN is a folder that average.py wrote. Its rows are trained as they are, without
the parts that pieces share, in small steps; documentation is drawn half as often
again, and the teacher pulls half as much. What it gains on documentation is worth
more in an average with RUN than by itself (decision 0045).
"""

import os
import shutil
import sys

import numpy as np

import data
import train
from batches import Batches
from features import Features
from teacher import Teacher

STEPS, PULL, RATE, WEIGHT_RATE = 250, 2, 0.001, 0.002
DOCUMENTATION = ("pydocs", "tldr_lines", "tldr_summary", "tldr_page_ko", "tldr_page_en")


def main(folder, run, out):
    for source in DOCUMENTATION:
        data.BOOST[source] *= 1.5
    pairs, rng = data.read_pairs(folder), np.random.default_rng(9)
    features = Features.load(os.path.join(run, "vocab.txt"))
    bags = features.bags([p["q"] for p in pairs] + [p["p"] for p in pairs])
    model, z = train.Model(features, bags, rng, 2, 0.3), np.load(os.path.join(run, "model.npz"))
    model.own[:], model.roles[:] = z["rows"], z["weights"]
    model.weights[:], model.parts[:], model.part_offsets[:] = 0, 0, 0
    batches = Batches(pairs, data.groups(pairs), 1024, rng)
    teacher = Teacher(folder, pairs, 0.35)
    for s in range(1, STEPS + 1):
        rate = min(1, s / 20) * (1 - s / (STEPS + 1))
        if s % 100 == 1:
            table = model.finished()
            batches.look(
                lambda texts, role: train.unit(model.embed(train.select(bags, texts), role, table)[:, : train.HEAD])
            )
        batch = batches.draw()
        targets = [teacher.side(*side[:2]) for side in batch[2:]]
        rates = [r * rate for r in (RATE, 0, WEIGHT_RATE, WEIGHT_RATE)]
        loss = model.step(bags, batch, targets, ((train.DIMS, 1.0), (train.HEAD, 2.5)), 0.1, PULL, rates)
        if s % 50 == 0:
            print(f"step {s} of {STEPS}, loss {loss:.3f}", flush=True)
    os.makedirs(out, exist_ok=True)
    shutil.copy(os.path.join(run, "vocab.txt"), out)
    np.savez(os.path.join(out, "model.npz"), rows=model.finished(), weights=model.weights + model.roles)


if __name__ == "__main__":
    main(*sys.argv[1:])
