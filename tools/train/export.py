"""Writes the weights file that embedder/builtin reads, and its golden cases.

    python export.py RUN OUT

RUN is the folder that train.py filled; OUT is embedder/builtin. The layout is
documented in embedder/builtin/model.go.
"""

import hashlib
import json
import os
import struct
import sys

import numpy as np

from features import Features, fnv

GOLDEN = [
    "", " ", "a", "가", "서울에서 부산까지 기차로 얼마나 걸리나요?",
    "The train from Seoul to Busan takes about two and a half hours.",
    "Go 1.26에서 iterator를 쓰는 방법 (range-over-func)", "FastAPI를 써 보았다", "don't panic", "e-mail: a.b@example.com",
    "100km를 3시간에", "1,234.56원", "3.14159", "C++과 C#", "snake_case_name", "camelCaseName", "--verbose -x",
    "서울특별시 종로구 세종대로", "안녕하세요", "안녕 하세요", "하나 나 나무", "파이썬의 표준 라이브러리", "데이터베이스를 색인한다",
    "쀍뷁쉟", "Zyxwquv", "日本語とかな", "漢字 한자", "Ünïcödé ÀÉÎ", "Ελληνικά Σίσυφος", "Русский текст", "ﬁ ＡＢＣ ㈜ ㎏ ①",
    "e\u0301 \u1112\u1161\u11ab", "👩‍👩‍👧‍👦🇰🇷", "\u200b\u200d", "a\u0000b", "x" * 100, "값" * 90, "가a1가a1", "ㅋㅋㅋ ㅠㅠ", "하하하 하하",
    "컴퓨터 컴퓨터 컴퓨터 computer", "the the the cat", "HELLO World", "२३ 百", "naïve café", "한국어와 English가 섞인 문장입니다.",
    "# 제목\n\n- 목록 하나\n- `code` 둘\n", "\t탭과\u3000전각 공백\u00a0", "긴 글 " * 50,
]


def quantise(rows):
    """Rows as bytes with an offset of 128, and the step of each row."""
    step = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127
    codes = np.rint(rows / step[:, None]).clip(-127, 127)
    return (codes + 128).astype(np.uint8), step


def main(run, out):
    z = np.load(os.path.join(run, "model.npz"))
    f = Features.load(os.path.join(run, "vocab.txt"))
    rows, weights = z["rows"], z["weights"]  # rows × dims, 2 × rows
    codes, step = quantise(rows)
    weights = (np.exp(weights) * step).astype("<f4")
    weights /= weights.max()
    pieces = "".join(p + "\n" for p in f.pieces).encode()
    pieces += b"\n" * (-len(pieces) % 8)
    blob = b"FRNYBAG1" + struct.pack("<4I", len(f.pieces), f.fallback, rows.shape[1], len(pieces))
    blob += pieces + np.array(f.scores, "<f4").tobytes() + weights.tobytes() + codes.tobytes()
    with open(os.path.join(out, "model.bin"), "wb") as w:
        w.write(blob)
    with open(os.path.join(out, "model.sha256"), "w") as w:
        w.write(hashlib.sha256(blob).hexdigest() + "\n")

    cases = []
    for text in GOLDEN:
        words = f.words(text)
        ids = [i for word in words for i in f.word(word)]
        case = {"text": text, "words": words, "rows": ids}
        count = np.bincount(ids or [len(f.pieces)], minlength=len(rows))
        used = np.flatnonzero(count)
        for role, name in enumerate(("query", "passage")):
            c = weights[role, used].astype(np.float64) * np.sqrt(count[used])
            v = c @ (codes[used].astype(np.float64) - 128)
            case[name] = [round(float(x), 6) for x in (v / np.linalg.norm(v))[:8]]
        cases.append(case)
    os.makedirs(os.path.join(out, "testdata"), exist_ok=True)
    with open(os.path.join(out, "testdata", "golden.json"), "w") as w:
        w.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n")
    print(f"{len(blob)} bytes, {len(f.pieces)} pieces, {f.fallback} fallback rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
