"""The inner loops, compiled by numba: bags, sums of rows, sparse Adam, losses."""

import numpy as np
from numba import njit

FAST = {"fastmath": True, "cache": True}


@njit(**FAST)
def build(starts, segments, offsets, ids, counts, keep, state, stamp):
    """Bags of a batch. Row r joins the texts segments[starts[r]:starts[r+1]]; each
    of its features is kept with probability keep[r], and weighs √count.

    stamp is scratch: where a feature last stood. state is a xorshift generator.
    """
    rows, n = len(starts) - 1, 0
    for s in range(starts[rows]):
        n += offsets[segments[s] + 1] - offsets[segments[s]]
    out_ids, out = np.empty(n, np.int32), np.empty(n, np.float32)
    out_offsets = np.zeros(rows + 1, np.int64)
    p, x = 0, state[0]
    for r in range(rows):
        start = p
        for s in range(starts[r], starts[r + 1]):
            t = segments[s]
            for j in range(offsets[t], offsets[t + 1]):
                f = ids[j]
                at = stamp[f]
                if start <= at < p and out_ids[at] == f:
                    out[at] += counts[j]
                else:
                    stamp[f], out_ids[p], out[p] = p, f, counts[j]
                    p += 1
        if keep[r] < 1:
            end = start
            for j in range(start, p):
                x ^= x << np.uint64(13)
                x ^= x >> np.uint64(7)
                x ^= x << np.uint64(17)
                if (x >> np.uint64(40)) * (1.0 / 16777216.0) < keep[r]:
                    out_ids[end], out[end] = out_ids[j], out[j]
                    end += 1
            if end == start and p > start:
                end = start + 1
            p = end
        for j in range(start, p):
            out[j] = np.sqrt(out[j])
        out_offsets[r + 1] = p
    state[0] = x
    return out_offsets, out_ids[:p].copy(), out[:p].copy()


@njit(**FAST)
def compose(ids, seen, step, own, parts, part_offsets, part_ids, part_scale, table):
    """table[f] = own[f] + scale[f] · Σ parts of f, for every feature f of ids."""
    dims = own.shape[1]
    for f in ids:
        if seen[f] == step:
            continue
        seen[f] = step
        x, e = table[f], own[f]
        for d in range(dims):
            x[d] = e[d]
        c = part_scale[f]
        for p in range(part_offsets[f], part_offsets[f + 1]):
            s = parts[part_ids[p]]
            for d in range(dims):
                x[d] += c * s[d]


@njit(**FAST)
def forward(offsets, ids, coefs, table, weights, out):
    """out[r] = Σ coef · exp(weight of the feature) · its row."""
    dims = out.shape[1]
    for r in range(len(offsets) - 1):
        x = out[r]
        for d in range(dims):
            x[d] = 0
        for j in range(offsets[r], offsets[r + 1]):
            f = ids[j]
            e, c = table[f], coefs[j] * np.exp(weights[f])
            for d in range(dims):
                x[d] += c * e[d]


@njit(**FAST)
def softmax(scores, scale, rows, columns):
    """Cross entropy of each row with its own column as the target, as the mean;
    scores become its gradient times scale. Columns of the row's group are left
    out, its own apart."""
    n, m = scores.shape
    loss = 0.0
    for i in range(n):
        s = scores[i]
        for j in range(m):
            if j != i and rows[i] == columns[j]:
                s[j] = -1e9
        top = s[0]
        for j in range(m):
            top = max(top, s[j])
        own, total = s[i], np.float32(0)
        for j in range(m):
            s[j] = np.exp(s[j] - top)
            total += s[j]
        loss += np.log(total) + top - own
        q = scale / (total * n)
        for j in range(m):
            s[j] *= q
        s[i] -= scale / n
    return loss / n


@njit(**FAST)
def adam(x, g, m, v, rate, correction1, correction2):
    for d in range(len(x)):
        m[d] = np.float32(0.9) * m[d] + np.float32(0.1) * g[d]
        v[d] = np.float32(0.999) * v[d] + np.float32(0.001) * g[d] * g[d]
        x[d] -= rate * (m[d] / correction1) / (np.sqrt(v[d] / correction2) + np.float32(1e-8))


@njit(**FAST)
def backward(offsets, ids, coefs, grad, table, own, own_m, own_v, parts, parts_m, parts_v, part_offsets, part_ids,
             part_scale, part_grad, touched, weights, weights_m, weights_v, roles, roles_m, roles_v, rates, step):  # fmt: skip
    """One step of sparse Adam: only features of the batch are updated. The first
    half of the batch's rows are queries, the other half passages."""
    n, dims, features = len(ids), grad.shape[1], len(weights)
    first = np.zeros(features + 1, np.int32)
    for f in ids:
        first[f + 1] += 1
    for f in range(features):
        first[f + 1] += first[f]
    place, row, coef = first.copy(), np.empty(n, np.int32), np.empty(n, np.float32)
    for r in range(len(offsets) - 1):
        for j in range(offsets[r], offsets[r + 1]):
            p = place[ids[j]]
            place[ids[j]] += 1
            row[p], coef[p] = r, coefs[j]
    half = (len(offsets) - 1) // 2
    c1, c2 = np.float32(1 - 0.9**step), np.float32(1 - 0.999**step)
    g, g2 = np.empty(dims, np.float32), np.empty(dims, np.float32)
    list_, listed = np.empty(len(parts), np.int32), 0
    wg, rg = np.empty(1, np.float32), np.empty(1, np.float32)
    for f in range(features):
        a, b = first[f], first[f + 1]
        if a == b:
            continue
        for d in range(dims):
            g[d] = 0
            g2[d] = 0
        eq, ep = np.exp(weights[f] + roles[0, f]), np.exp(weights[f] + roles[1, f])
        for p in range(a, b):
            x = grad[row[p]]
            if row[p] < half:
                c = coef[p] * eq
                for d in range(dims):
                    g[d] += c * x[d]
            else:
                c = coef[p] * ep
                for d in range(dims):
                    g2[d] += c * x[d]
        e, q, s = table[f], np.float32(0), np.float32(0)
        for d in range(dims):
            q += g[d] * e[d]
            s += g2[d] * e[d]
            g[d] += g2[d]
        adam(own[f], g, own_m[f], own_v[f], rates[0], c1, c2)
        scale = part_scale[f]
        for p in range(part_offsets[f], part_offsets[f + 1]):
            k = part_ids[p]
            y = part_grad[k]
            if not touched[k]:
                touched[k] = True
                list_[listed] = k
                listed += 1
                for d in range(dims):
                    y[d] = 0
            for d in range(dims):
                y[d] += scale * g[d]
        wg[0] = q + s
        adam(weights[f : f + 1], wg, weights_m[f : f + 1], weights_v[f : f + 1], rates[2], c1, c2)
        if rates[3] > 0:
            rg[0] = q - s
            before = roles[0, f]
            adam(roles[0, f : f + 1], rg, roles_m[f : f + 1], roles_v[f : f + 1], rates[3], c1, c2)
            roles[1, f] -= roles[0, f] - before
    for i in range(listed):
        k = list_[i]
        touched[k] = False
        adam(parts[k], part_grad[k], parts_m[k], parts_v[k], rates[1], c1, c2)
