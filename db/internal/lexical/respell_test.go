package lexical

import "testing"

func TestRespell(t *testing.T) {
	t.Parallel()
	x := New()
	for node, text := range []string{
		"Kubernetes schedules containers on machines",
		"연차휴가 신청은 인사팀에 한다",
		"안녕하세요 반갑습니다",
		"비밀번호를 변경하는 방법",
		"install python packages",
		"papers about the machine",
	} {
		x.Add(uint32(node), Fields{Text: text})
	}
	for _, c := range []struct{ text, typed, words string }{
		{"kuberentes", "", "kubernetes"},          // swapped
		{"kubernettes pod", "", "kubernetes pod"}, // one too many
		{"연차휸가 신청", "", "연차휴가 신청"},
		{"비밀번허를 바꾸기", "", "비밀번호를 바꾸기"},
		{"dkssud", "안녕", "안녕"},
		{"qlalfqjsgh qusrud", "비밀번호 변경", "비밀번호 변경"},
		{"installpythonpackages", "install python packages", "install python packages"},
		{"비밀번호변경하는방법", "비밀번호 변경하는 방법", "비밀번호 변경하는 방법"},

		{"KUBERENTES", "", "kubernetes"},
		{"PAPRE", "", ""}, // an acronym
		{"papre", "", "paper"},

		{"kubernetes", "", ""},
		{"containers machine", "", ""},
		{"the weather", "", ""}, // in no document, and no slip
		{"연차휴가를", "", ""},
		{"api_kuberentes", "", ""}, // part of a name
		{"v1.2.3 C++ 100% ㅋㅋ 🙂", "", ""},
		{"", "", ""},
	} {
		if c.typed == "" {
			c.typed = c.text
		}
		if c.words == "" {
			c.words = c.text
		}
		if typed, words := x.Respell(c.text); typed != c.typed || words != c.words {
			t.Errorf("%q is %q and %q, want %q and %q", c.text, typed, words, c.typed, c.words)
		}
	}
}

func TestKeyboard(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"dkssud": "안녕", "rhksfl": "관리", "ekfrqkf": "닭발", "dlTek": "있다", "qkRnsek": "바꾼다", "djqtdj": "없어",
		"python": "", "ahffk": "몰라", "k": "", "rr": "",
	} {
		if got := string(keyboard([]rune(keys))); got != want {
			t.Errorf("%s: %q, want %q", keys, got, want)
		}
	}
}

// An empty index knows nothing better, except for what everyday words tell.
func TestRespellEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"kuberentes", "연차휸가", "xyzzyplugh", "뷁뚫쒥꿻뺠쮋"} {
		if typed, words := New().Respell(text); typed != text || words != text {
			t.Errorf("%q is %q and %q", text, typed, words)
		}
	}
}
