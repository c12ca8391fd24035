package sound_test

import (
	"testing"

	"github.com/fronyai/frony-db/internal/sound"
)

func TestNamesInBothScripts(t *testing.T) {
	for hangul, latin := range map[string]string{
		"로즌스타인": "rosenstein", "쿠버네티스": "kubernetes", "모스크바": "moskva", "워싱턴": "washington",
		"셰익스피어": "shakespeare", "스크립트": "script", "도커": "docker", "리눅스": "linux", "파이썬": "python",
		"엘리자베스": "elizabeth", "애플리케이션": "application", "브리지": "bridge",
	} {
		k, l := sound.Hangul([]rune(hangul)), sound.Latin([]rune(latin))
		if k != l {
			t.Errorf("%s %x, %s %x", hangul, k, latin, l)
		}
	}
}

// Frankfurt is spelt as it is spoken in German, with an r that English does not sound.
func TestOtherSpelling(t *testing.T) {
	if a, b := sound.Hangul([]rune("프랑크푸르트")), sound.LatinToo([]rune("frankfurt")); a != b {
		t.Errorf("%x and %x", a, b)
	}
	if a, b := sound.HangulToo([]rune("프랑크푸르트")), sound.Latin([]rune("frankfurt")); a != b {
		t.Errorf("%x and %x", a, b)
	}
}

func TestLetters(t *testing.T) {
	for hangul, want := range map[string]string{
		"비비씨": "bbc", "에프비아이": "fbi", "에이치티티피": "http", "더블유에이치오": "who", "아이": "", "오이": "", "비비크림": "",
	} {
		if got := string(sound.Letters([]rune(hangul))); got != want {
			t.Errorf("%s: %q, want %q", hangul, got, want)
		}
	}
	if got := sound.Spelt([]rune("bbc")); len(got) != 2 || string(got[0]) != "비비씨" || string(got[1]) != "비비시" {
		t.Errorf("bbc: %q", got)
	}
	for _, word := range []string{"a", "b2b", "abcdefg"} {
		if got := sound.Spelt([]rune(word)); got != nil {
			t.Errorf("%s: %q", word, got)
		}
	}
}

// A word of other letters has no skeleton.
func TestOtherLetters(t *testing.T) {
	for _, word := range []string{"москва", "b2b", "名前"} {
		if got := sound.Latin([]rune(word)); got != 0 {
			t.Errorf("Latin(%s) = %x", word, got)
		}
		if got := sound.Hangul([]rune(word)); got != 0 {
			t.Errorf("Hangul(%s) = %x", word, got)
		}
	}
}

func TestLoan(t *testing.T) {
	for _, word := range []string{"쿠버네티스", "로즌스타인", "트럼프", "스웨덴", "리스트"} {
		if v := sound.Loan([]rune(word)); v <= 8 {
			t.Errorf("%s: %d", word, v)
		}
	}
	for _, word := range []string{"했습니다", "무엇인가", "날씨가", "가을하늘", "없었다"} {
		if v := sound.Loan([]rune(word)); v > 0 {
			t.Errorf("%s: %d", word, v)
		}
	}
}
