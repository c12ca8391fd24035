"""What the tiny models are trained on and asked: written for this purpose."""

TEXTS = [
    "서울은 대한민국의 수도이며 한강이 도시를 가로지른다.",
    "An embedded database keeps its data next to the program that uses it.",
    "오늘 점심은 김치찌개와 계란말이를 먹었다.",
    "The quick brown fox jumps over the lazy dog.",
    "벡터 검색은 의미가 비슷한 문장을 찾아 준다.",
    "Restart the service if the connection is refused.",
    "비밀번호를 잊어버렸을 때에는 어떻게 해야 하나요?",
    "How do I reset my password?",
    "데이터베이스를 열면 디렉터리가 잠긴다.",
    "Go 1.26에서 range over func를 쓰는 방법",
    "Matryoshka embeddings can be cut to their first 192 dimensions.",
    "회의는 오후 3시 30분에 2층 회의실에서 시작합니다.",
    "Prices rose by 4.5% in March, the most in two years.",
    "바람이 많이 불고 비가 내릴 것으로 예상됩니다.",
    "ＦＵＬＬ ｗｉｄｔｈ and ½ and ﬁne ligatures",
    "emoji 🙂 👨‍👩‍👧 and combining marks é ñ 한",
    "a",
    "",
    "   leading and trailing spaces   ",
    "line one\nline two\tand a tab",
]

# Longer than every model's limit, to see what is cut.
LONG = " ".join(TEXTS[:14] * 3)
