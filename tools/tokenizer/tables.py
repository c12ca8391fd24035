"""Generates embedder/transformer/tokenizer/internal/unitext/tables.go.

Most classes are asked of Hugging Face tokenizers itself, one code point at a
time, so that the Go package sees a character exactly as the reference does:
its crates carry tables of three Unicode versions (8 for categories, 9 for
normalisation, 17 for graphemes), and no single Unicode release equals them.

Grapheme classes can't be asked for from Python. They are read from
src/tables.rs of the crate unicode-segmentation, in the version that the
reference is built with (1.13.3 for tokenizers 0.23.3):

    cargo init --lib x && cd x && cargo add unicode-segmentation@=1.13.3 && cargo vendor
    python tables.py --segmentation x/vendor/unicode-segmentation/src/tables.rs > tables.go
"""

import argparse
import re
import sys
import unicodedata

from tokenizers import normalizers, pre_tokenizers

CODEPOINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def ranges(points):
    out = []
    for c in points:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def pack(rs):
    """Ranges as text: 'gap length' pairs in hexadecimal, length left out if 1."""
    last, out = -1, []
    for r in rs:
        lo, hi = r[0], r[1]
        gap, n = lo - last - 1, hi - lo + 1
        out.append(f"{gap:x}" if n == 1 else f"{gap:x}+{n:x}")
        last = hi
    return " ".join(out)


def const(name, doc, text):
    lines, cur = [], ""
    for w in text.split(" "):
        if len(cur) + len(w) > 110:
            lines.append(cur)
            cur = ""
        cur = w if not cur else cur + " " + w
    lines.append(cur)
    print(f"\n// {name} {doc}\nconst {name} = `" + "\n".join(lines) + "`")


def graphemes(path):
    src = open(path, encoding="utf-8").read()
    assert "(17, 0, 0)" in src
    mod = src[src.index("pub mod grapheme"):src.index("pub mod word")]
    by = {}
    for lo, hi, cat in re.findall(r"\('\\u\{(\w+)\}',\s*'\\u\{(\w+)\}',\s*GC_(\w+)\)", mod):
        by.setdefault(cat, []).append([int(lo, 16), int(hi, 16)])
    inc = src[src.index("const InCB_Extend_table"):src.index("pub fn InCB_Extend")]
    ext = [[int(a, 16), int(b, 16)] for a, b in re.findall(r"\('\\u\{(\w+)\}',\s*'\\u\{(\w+)\}'\)", inc)]
    link = src[src.index("pub fn is_incb_linker"):]
    link = [int(a, 16) for a in re.findall(r"'\\u\{(\w+)\}'", link[:link.index("}\n}\n") if "}\n}\n" in link[:2000] else 1500].split("\n\n")[0])]
    assert len(link) == 20, link
    return by, ext, ranges(sorted(link))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--segmentation", required=True)
    args = ap.parse_args()
    nfd, nfkd, nfc = normalizers.NFD(), normalizers.NFKD(), normalizers.NFC()
    accents = normalizers.StripAccents()
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    plain = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    lower = normalizers.Lowercase()
    bert, white = pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Whitespace()

    removed, mark, nonspacing, punct, word, lowered = [], [], [], [], [], []
    canon, compat = {}, {}
    for c in CODEPOINTS:
        s = chr(c)
        if clean.normalize_str("a" + s + "a") == "aa":
            removed.append(c)
        if accents.normalize_str("a" + s) == "a":
            mark.append(c)
        d = nfd.normalize_str(s)
        if d != s and not 0xAC00 <= c <= 0xD7A3:
            canon[c] = d
        k = nfkd.normalize_str(s)
        if k != d:
            compat[c] = k
        if d == s and plain.normalize_str("a" + s) == "a":
            nonspacing.append(c)
        if len(bert.pre_tokenize_str("a" + s + "a")) == 3:
            punct.append(c)
        if len(white.pre_tokenize_str("a" + s)) == 1 and not s.isspace() and white.pre_tokenize_str("a" + s)[0][0] == "a" + s:
            word.append(c)
        low = lower.normalize_str(s)
        if low != s:
            lowered.append((c, low))

    # Combining classes: values never change once assigned (Unicode stability
    # policy), so the reference either has unicodedata's value or 0.
    ccc = {}
    for c in CODEPOINTS:
        v = unicodedata.combining(chr(c))
        if v == 0 or nfd.normalize_str(chr(c)) != chr(c):
            continue
        lo, hi = "\u0334", "\u0345"  # classes 1 and 240
        if v > 1 and nfd.normalize_str("a" + chr(c) + lo) == "a" + lo + chr(c):
            ccc[c] = v
        elif v == 1 and nfd.normalize_str("a" + hi + chr(c)) == "a" + chr(c) + hi:
            ccc[c] = v
    compose = []
    for c in CODEPOINTS:
        d = unicodedata.decomposition(chr(c)).split()
        if len(d) != 2 or d[0].startswith("<"):
            continue
        a, b = int(d[0], 16), int(d[1], 16)
        if nfc.normalize_str(chr(a) + chr(b)) == chr(c):
            compose.append((a, b, c))
    by, incb_extend, linker = graphemes(args.segmentation)

    print("// Code generated by tools/tokenizer/tables.py; DO NOT EDIT.\n\npackage unitext")
    print("""
// Ranges are written as "gap+length" in hexadecimal: gap code points after the
// end of the range before, then length in the class (1 if left out).""")
    const("removedRanges", "are the characters that BERT's text cleaning drops (Unicode 8: Cc, Cf, Co).", pack(ranges(removed)))
    const("markRanges", "are the combining marks (Unicode 9: M).", pack(ranges(mark)))
    const("nonspacingRanges", "are the nonspacing marks (Unicode 8: Mn).", pack(ranges(nonspacing)))
    const("punctRanges", "are ASCII punctuation and Unicode 8's P.", pack(ranges(punct)))
    const("wordRanges", r"are the characters of the regular expression \w (Unicode 16).", pack(ranges(word)))
    by_ccc = []
    for v in sorted(set(ccc.values())):
        by_ccc.append(f"={v:x} " + pack(ranges(sorted(c for c in ccc if ccc[c] == v))))
    const("combiningClasses", 'are the canonical combining classes (Unicode 9): "=class", then its ranges.', " ".join(by_ccc))
    txt = lambda m: " ".join(f"{c:x}=" + "_".join(f"{ord(x):x}" for x in d) for c, d in sorted(m.items()))
    const("canonicalMappings", "are the full canonical decompositions (Unicode 9), Hangul left to arithmetic.", txt(canon))
    const("compatibilityMappings", "are the full compatibility decompositions (Unicode 9) where they differ from the canonical ones.", txt(compat))
    const("compositions", 'are the primary composites (Unicode 9): "first_second=composed".', " ".join(f"{a:x}_{b:x}={c:x}" for a, b, c in compose))
    const("lowerMappings", "are the lower-case mappings (Unicode 16), one character at a time, without context.", " ".join(f"{c:x}=" + "_".join(f"{ord(x):x}" for x in l) for c, l in lowered))
    order = ["CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark", "L", "V", "T", "LV", "LVT", "Extended_Pictographic", "InCB_Consonant"]
    assert set(order) == set(by), set(by) ^ set(order)
    const("graphemeClasses", 'are the grapheme cluster classes (Unicode 17): "=class", then its ranges.', " ".join(f"={i + 1:x} " + pack(sorted(by[n])) for i, n in enumerate(order)))
    const("incbExtendRanges", "are Indic_Conjunct_Break=Extend (Unicode 17).", pack(incb_extend))
    const("incbLinkerRanges", "are Indic_Conjunct_Break=Linker (Unicode 17).", pack(linker))
    print(f"{len(word)} word, {len(punct)} punct, {len(canon)} canonical, {len(compat)} compatibility, {len(compose)} composites, {len(ccc)} combining, {len(lowered)} lower", file=sys.stderr)


main()
