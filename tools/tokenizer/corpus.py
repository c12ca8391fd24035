"""Text to train vocabularies on and to compare tokenizers with, all of it made
here from word lists and code point tables, the same for the same seed."""

import random
import unicodedata

NOUNS = """사람 고양이 강아지 하늘 바다 나무 학교 학생 선생님 친구 가족 아침 점심 저녁 오늘 내일 어제 서울 부산 제주도 한국 미국
회사 직원 고객 제품 가격 주문 배송 환불 결제 계좌 은행 보험 병원 의사 환자 약국 감기 운동 건강 음식 김치 불고기 라면 커피
컴퓨터 프로그램 데이터 데이터베이스 검색 문서 문장 단어 벡터 모델 학습 추론 서버 클라이언트 네트워크 보안 암호 사용자 관리자
영화 음악 노래 책 소설 작가 신문 기자 뉴스 정치 경제 사회 문화 역사 과학 기술 수학 물리 화학 생물 지구 우주 날씨 비 눈 바람
자동차 버스 지하철 기차 비행기 공항 호텔 여행 지도 길 다리 강 산 섬 봄 여름 가을 겨울 시간 분 초 월요일 화요일 주말 휴가""".split()
JOSA = "은 는 이 가 을 를 에 에서 에게 으로 로 와 과 의 도 만 까지 부터 보다 처럼 마다 이나 라도 조차 밖에 께서 한테".split()
VERBS = """먹었습니다 갔습니다 봅니다 읽는다 썼다 만들었어요 좋아해요 싫어한다 기다리고 있다 찾아보세요 설명해 주세요 알려줘 무엇인가요
어떻게 하나요 왜 그런가요 가능합니까 필요하다 중요합니다 바꿀 수 있습니다 실행하면 저장된다 삭제되었습니다 추가하려면 빠르게
천천히 아주 매우 조금 많이 자주 가끔 결국 그래서 그러나 하지만 그리고 또는 만약 때문에 위해서 대해서 따라서 통해 함께""".split()
ENGLISH = """the a of and to in is that for it with as was on be by this are from at which or an have not has but were can all
database vector search index document embedding query token model train learning neural network memory disk cache server client request
response error warning file folder path read write open close delete insert update select table column row key value string number
quick brown fox jumps over lazy dog people world country government music history science mathematics physics language English Korean
information retrieval approximate nearest neighbour graph recall precision benchmark latency throughput running runner runs unhappiness
internationalization tokenization electroencephalography don't can't I'm we've they'll rock'n'roll state-of-the-art e-mail""".split()
SYMBOLS = list(".,!?;:'\"()[]{}<>/\\|@#$%^&*-_=+~`") + ["...", "…", "—", "–", "·", "「", "」", "『", "』", "、", "。", "“", "”", "‘", "’", "₩", "€", "©", "™", "①", "㎏", "㎡", "½", "²", "～", "！", "？", "ａｂｃ", "１２３", "ﬁ", "Ⅳ", "→", "★", "♥", "ㅋㅋㅋ", "ㅠㅠ", "ㅇㅇ"]
EMOJI = ["😀", "😂", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🇰🇷", "🇺🇸", "🏳️‍🌈", "👩🏿‍🚀", "🐈‍⬛", "1️⃣", "☺", "☺️", "🫠", "🧑‍🎄", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🫱🏻‍🫲🏿", "🇰", "‍", "️"]
SPECIALS = ["<s>", "</s>", "<pad>", "<unk>", "<mask>", "<Q>", "<P>", "[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "<s", "</s", "<q>", "< s >", "<<Q>>", "<Q><P>", "[mask]", "##", "##ing", "▁", "▁▁", "<0x0A>", "<0xFF>", "<extra>", "Hello", "hello", "WORLD", "wörld", "동해물", "ab", "abc", "  two", "\n\n"]
SPACES = [chr(c) for c in (0x9, 0xA, 0xB, 0xC, 0xD, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0, 0x1680, 0x180E, 0x2000, 0x2003, 0x2009, 0x200A, 0x200B, 0x200C, 0x200D, 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF)]

# Blocks that decide something in a normaliser, a grapheme rule or a splitter.
BLOCKS = {
    "hangul": (0xAC00, 0xD7A3), "jamo": (0x1100, 0x11FF), "jamo-a": (0xA960, 0xA97C), "jamo-b": (0xD7B0, 0xD7FB),
    "compat-jamo": (0x3131, 0x318E), "half-jamo": (0xFFA0, 0xFFDC), "kana": (0x3040, 0x30FF), "half-kana": (0xFF61, 0xFF9F),
    "han": (0x4E00, 0x9FFF), "han-a": (0x3400, 0x4DBF), "han-compat": (0xF900, 0xFAFF), "han-b": (0x20000, 0x2A6DF),
    "han-c": (0x2A6E0, 0x2CEAF), "han-sup": (0x2F800, 0x2FA1F), "latin": (0x80, 0x24F), "ipa": (0x250, 0x2FF),
    "marks": (0x300, 0x36F), "marks-ext": (0x1AB0, 0x1AFF), "marks-sup": (0x1DC0, 0x1DFF), "marks-sym": (0x20D0, 0x20F0), "marks-half": (0xFE20, 0xFE2F),
    "greek": (0x370, 0x3FF), "cyrillic": (0x400, 0x52F), "armenian": (0x530, 0x58F), "hebrew": (0x590, 0x5FF), "arabic": (0x600, 0x6FF),
    "syriac": (0x700, 0x74F), "devanagari": (0x900, 0x97F), "bengali": (0x980, 0x9FF), "gurmukhi": (0xA00, 0xA7F), "gujarati": (0xA80, 0xAFF),
    "oriya": (0xB00, 0xB7F), "tamil": (0xB80, 0xBFF), "telugu": (0xC00, 0xC7F), "kannada": (0xC80, 0xCFF), "malayalam": (0xD00, 0xD7F),
    "sinhala": (0xD80, 0xDFF), "thai": (0xE00, 0xE7F), "lao": (0xE80, 0xEFF), "tibetan": (0xF00, 0xFFF), "myanmar": (0x1000, 0x109F),
    "georgian": (0x10A0, 0x10FF), "khmer": (0x1780, 0x17FF), "mongolian": (0x1800, 0x18AF), "balinese": (0x1B00, 0x1B7F), "latin-add": (0x1E00, 0x1EFF),
    "greek-ext": (0x1F00, 0x1FFF), "punct": (0x2000, 0x206F), "super": (0x2070, 0x209F), "letterlike": (0x2100, 0x218F), "arrows": (0x2190, 0x23FF),
    "enclosed": (0x2460, 0x24FF), "dingbats": (0x2600, 0x27BF), "cjk-sym": (0x3000, 0x303F), "cjk-enc": (0x3200, 0x33FF), "yi": (0xA000, 0xA4CF),
    "latin-d": (0xA720, 0xA7FF), "meetei": (0xAAE0, 0xAAFF), "private": (0xE000, 0xF8FF), "ligatures": (0xFB00, 0xFDFF), "forms": (0xFE30, 0xFEFF),
    "full": (0xFF00, 0xFFEF), "specials": (0xFFF0, 0xFFFF), "smp-scripts": (0x10000, 0x11FFF), "math": (0x1D400, 0x1D7FF), "musical": (0x1D100, 0x1D1FF),
    "flags": (0x1F1E6, 0x1F1FF), "emoji": (0x1F300, 0x1F64F), "emoji-b": (0x1F680, 0x1FAFF), "tags": (0xE0000, 0xE01EF), "ascii": (0x0, 0x7F), "garay": (0x10D40, 0x10D8F),
}
MARKS = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me")]
SHORT = [chr(c) for c in range(0x300, 0x370)] + ["\u0483", "\u0591", "\u05b0", "\u064b", "\u0654", "\u0655", "\u093c", "\u094d", "\u3099", "\u309a", "\u200d", "\ufe0f", "\u0903", "\u0e33"]


def sentence(r):
    words = []
    kind = r.random()
    for _ in range(r.randint(3, 18)):
        k = r.random()
        if kind < 0.45 or (kind < 0.6 and k < 0.5):
            words.append(r.choice(NOUNS) + (r.choice(NOUNS) if r.random() < 0.1 else "") + (r.choice(JOSA) if r.random() < 0.7 else "") if r.random() < 0.65 else r.choice(VERBS))
        else:
            w = r.choice(ENGLISH)
            words.append(w.capitalize() if r.random() < 0.15 else w.upper() if r.random() < 0.03 else w)
        if r.random() < 0.05:
            words.append(str(r.randint(0, 10 ** r.randint(1, 7))))
        if r.random() < 0.08:
            words[-1] += r.choice(SYMBOLS)
        if r.random() < 0.01:
            words.append(r.choice(EMOJI))
    return " ".join(words) + r.choice([".", "?", "!", "", "요.", "…"])


def syllables(r):
    """Korean beyond the word lists, so that a vocabulary meets every syllable."""
    return " ".join("".join(chr(r.randint(0xAC00, 0xD7A3)) for _ in range(r.randint(1, 4))) for _ in range(r.randint(2, 8)))


def training(n, seed=1):
    r = random.Random(seed)
    return [syllables(r) if i % 20 == 0 else sentence(r) for i in range(n)]


def char(r, block=None):
    lo, hi = BLOCKS[block or r.choice(list(BLOCKS))]
    while True:
        c = r.randint(lo, hi)
        if not 0xD800 <= c <= 0xDFFF:
            return chr(c)


def hostile(r):
    out = []
    kind = r.randint(0, 12)
    if kind == 0:  # marks upon anything
        for _ in range(r.randint(1, 12)):
            out.append(char(r) + "".join(r.choice(MARKS) for _ in range(r.randint(0, 4))))
    elif kind == 1:  # small clusters, where the charsmap looks at the whole
        for _ in range(r.randint(1, 16)):
            out.append(char(r, r.choice(["latin", "ascii", "greek", "kana", "half-kana", "hangul", "punct", "full", "devanagari"])) + "".join(r.choice(SHORT) for _ in range(r.randint(0, 3))))
    elif kind == 2:  # marks alone, more than 30 in a row
        out = [r.choice(MARKS) for _ in range(r.randint(1, 80))]
    elif kind == 3:  # special tokens, whole and broken
        for _ in range(r.randint(1, 10)):
            out.append(r.choice(SPECIALS) + r.choice(["", " ", "  ", "\t", "a", "가", "_", "é", "́"]))
    elif kind == 4:  # spaces
        for _ in range(r.randint(1, 12)):
            out.append("".join(r.choice(SPACES) for _ in range(r.randint(1, 4))) + r.choice(["", "a", "가", "<mask>", "<Q>", "."]))
    elif kind == 5:  # emoji
        out = [r.choice(EMOJI) + r.choice(["", "", " ", "️", "‍", "🏽"]) for _ in range(r.randint(1, 10))]
    elif kind == 6:  # one block
        b = r.choice(list(BLOCKS))
        out = [char(r, b) for _ in range(r.randint(1, 40))]
    elif kind == 7:  # every block
        out = [char(r) for _ in range(r.randint(1, 40))]
    elif kind == 8:  # any code point
        out = [chr(c) for c in (r.randint(0, 0x10FFFF) for _ in range(r.randint(1, 30))) if not 0xD800 <= c <= 0xDFFF]
    elif kind == 9:  # jamo sequences
        out = [char(r, r.choice(["jamo", "jamo", "jamo-a", "jamo-b", "hangul", "compat-jamo", "half-jamo"])) for _ in range(r.randint(1, 20))]
    elif kind == 10:  # decomposed ordinary text
        out = [unicodedata.normalize(r.choice(["NFD", "NFKD", "NFC", "NFKC"]), sentence(r))]
    elif kind == 11:  # Indic conjuncts
        for _ in range(r.randint(1, 10)):
            b = r.choice(["devanagari", "bengali", "gujarati", "telugu", "malayalam", "oriya", "myanmar", "khmer", "balinese"])
            lo = BLOCKS[b][0]
            out.append(chr(lo + r.randint(0x05, 0x39)) + r.choice(["्", "্", "્", "్", "്", "୍", "္", "្", "᭄", "़", "‍", "‌", "́", ""]))
    else:  # runs
        out = [(r.choice(["a", "가", " ", "▁", "<", "́", "🇰", "\u200d", "क", "ᄀ", "ᅡ", "\x00", "ㅋ", "."])) * r.randint(1, 130) for _ in range(r.randint(1, 3))]
    if r.random() < 0.3:
        out.insert(r.randint(0, len(out)), sentence(r)[:r.randint(1, 30)])
    return "".join(out)


def invalid(r):
    """Bytes that aren't UTF-8."""
    b = bytearray((hostile(r) if r.random() < 0.5 else sentence(r)).encode())
    for _ in range(r.randint(1, 5)):
        i = r.randint(0, len(b))
        b[i:i + r.randint(0, 2)] = bytes(r.choice([0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF, r.randint(0, 255)]) for _ in range(r.randint(1, 3)))
    return bytes(b)


def cases(n, seed=2):
    """n lines as bytes: a third ordinary, a tenth invalid, the rest hostile."""
    r = random.Random(seed)
    fixed = ["", " ", "  ", "a", "가", "\n", "▁", " a", "a ", "<s>", "<Q>고양이", "<Q> 고양이", "<P>hello world", "hello<mask>world", "hello <mask> world", "\u0000", "\ufeff가", "½", "①②③", "ｶﾞ", "ﾊﾟ", "各各", "ẛ̣", "Å", "Ω", "㍿", "İstanbul", "ΑΣ", "naïve café"]
    out = [s.encode() for s in fixed]
    while len(out) < n:
        k = r.random()
        out.append(sentence(r).encode() if k < 0.33 else invalid(r) if k < 0.43 else hostile(r).encode())
    return out[:n]


def every_codepoint():
    """Every assigned code point, alone, and between a letter and a mark; of the
    private and empty planes a sample."""
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and (c < 0x33480 or c >= 0xE0000 and c < 0xE0200 or c % 4096 in (0, 4094, 4095))]
    for i in range(0, len(points), 48):
        yield " ".join(f"{chr(c)} a{chr(c)}{chr(0x301)}" for c in points[i:i + 48]).encode()
