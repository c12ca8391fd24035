package source

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Text of each language is read in its encoding, and the encoding is said.
func TestCharsets(t *testing.T) {
	for _, tc := range []struct {
		name  string
		e     encoding.Encoding
		texts []string
	}{
		{cp949Name, korean.EUCKR, []string{
			"환불은 영업일 기준 사흘이 걸립니다. 고객센터로 연락하십시오.", "제목,내용", "서울특별시 강남구 역삼동", "똠방각하가 펲시콜라를 마신다",
			"㈜한빛 大韓民國 정부조직법 제1조(目的) 이 법은 국가행정사무의 체계적인 수행을 위하여", "나는 학교에 간다", "김치찌개", "상품명: 사과 / 단가: 1,000원",
		}},
		{gb18030Name, simplifiedchinese.GB18030, []string{
			"退款需要三个工作日，请联系客服中心。", "中华人民共和国的首都是北京。", "我们公司的产品质量很好，欢迎购买。", "他说今天的会议时间改到下午了",
		}},
		{shiftJISName, japanese.ShiftJIS, []string{
			"払い戻しには三営業日かかります。", "東京都の天気は晴れです。", "お問い合わせはカスタマーセンターまで", "商品の返品について", "サーバーを再起動してください",
		}},
		{eucJPName, japanese.EUCJP, []string{
			"払い戻しには三営業日かかります。", "東京都の天気は晴れです。", "お問い合わせはカスタマーセンターまで", "商品の返品について",
		}},
		{big5Name, traditionalchinese.Big5, []string{
			"退款需要三個工作日，請聯絡客服中心。", "我們公司的產品質量很好，歡迎購買。", "他說今天的會議時間改到下午了",
		}},
	} {
		for _, text := range tc.texts {
			raw, err := tc.e.NewEncoder().String("id,text\n1,\"" + text + "\"\n")
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			got := readBytes(t, "in.csv", []byte(raw), &Options{Note: func(n Note) { found = append(found, n.Text) }})
			if len(got.records) != 1 || got.records[0].Text != text || len(found) != 1 || !strings.Contains(found[0], tc.name) {
				t.Errorf("%s %q: %+v %q", tc.name, text, got, found)
			}
		}
	}
}

// What could be in several encodings, or in one that is not known, is refused as a whole.
func TestCharsetsInDoubt(t *testing.T) {
	text := "환불은 영업일 기준 사흘이 걸립니다 고객센터로 연락하십시오"
	for name, content := range map[string]string{
		"johab": "id,text\n1," + johab(text) + "\n",
		"rare":  "id,text\n1," + strings.Repeat("\xf5\xa3\xf4\xb6 ", 10) + "\n",
	} {
		got := readBytes(t, "in.csv", []byte(content), nil)
		if len(got.records)+len(got.rejects) != 0 || len(got.files) != 1 || !errors.Is(got.files[0], ErrEncoding) || !strings.Contains(got.files[0].Error(), "--encoding") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	raw, err := charmap.Windows1252.NewEncoder().String("id,text\n1,Le café est très agréable à Noël, déjà réservé\n")
	if err != nil {
		t.Fatal(err)
	}
	got := readBytes(t, "in.csv", []byte(raw), &Options{Encoding: "windows-1252", Header: nil})
	if len(got.rejects) != 1 { // three fields
		t.Errorf("%+v", got)
	}
	got = readBytes(t, "in.csv", []byte(strings.ReplaceAll(raw, ", ", " ")), &Options{Encoding: "latin1"})
	if len(got.records) != 1 || got.records[0].Text != "Le café est très agréable à Noël déjà réservé" {
		t.Errorf("%+v", got)
	}
	// A few bad bytes cost their own records only.
	got = readBytes(t, "in.csv", []byte("id,text\n1,caf\xe9s\n2,ok\n"), nil)
	if got.ids() != "2" || len(got.rejects) != 1 {
		t.Errorf("%+v", got)
	}
}

// johab encodes Hangul as KS X 1001 annex 3 does: five bits each for the initial, the
// vowel and the final.
func johab(text string) string {
	vowels := []int{3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 26, 27, 28, 29}
	var out []byte
	for _, r := range text {
		if r < '가' || r > '힣' {
			out = append(out, byte(r))
			continue
		}
		n := int(r - '가')
		final := n % 28
		if final++; final > 17 {
			final++
		}
		code := 1<<15 | (n/588+2)<<10 | vowels[n/28%21]<<5 | final
		out = append(out, byte(code>>8), byte(code))
	}
	return string(out)
}
