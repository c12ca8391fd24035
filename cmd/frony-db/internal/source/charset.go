package source

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// charset is an encoding of two bytes a character, and how to tell text in it: by the
// share of its letters that are common in its language. Text read in the wrong encoding
// has letters of any frequency.
type charset struct {
	name    string
	decoder encoding.Encoding
	common  map[rune]bool
	// weight is what a letter counts, from 0 to 1.
	weight func(r rune, common bool) float64
}

var charsets = []charset{
	{cp949Name, korean.EUCKR, set(commonHangul), weightKorean},
	{gb18030Name, simplifiedchinese.GB18030, set(commonHans), weightCommon},
	{shiftJISName, japanese.ShiftJIS, set(commonKanji), weightJapanese},
	{eucJPName, japanese.EUCJP, set(commonKanji), weightJapanese},
	{big5Name, traditionalchinese.Big5, set(commonHant), weightCommon},
}

// What a reading must have to be taken: a share of weight, and a lead over the next.
const (
	leastWeight = 0.4
	leastLead   = 0.15
)

func weightCommon(_ rune, common bool) float64 {
	if common {
		return 1
	}
	return 0
}

// weightKorean counts the 2,350 syllables of KS X 1001 half: other text has many
// characters that are none of them.
func weightKorean(r rune, common bool) float64 {
	switch {
	case common:
		return 1
	case ksx1001(r), r >= 'ㄱ' && r <= 'ㆎ':
		return 0.5
	}
	return 0
}

// weightJapanese counts kana, but not the half-width ones, which nearly all bytes are.
func weightJapanese(r rune, common bool) float64 {
	if common || r >= 'ぁ' && r <= 'ヿ' {
		return 1
	}
	return 0
}

// ksx1001 reports whether a syllable has a code of its own in KS X 1001, which CP949
// extends by all others.
func ksx1001(r rune) bool {
	if r < '가' || r > '힣' {
		return false
	}
	var b [2]byte
	n, _, err := korean.EUCKR.NewEncoder().Transform(b[:], []byte(string(r)), true)
	return err == nil && n == 2 && b[0] >= 0xb0 && b[1] >= 0xa1
}

// weigh returns the mean weight of the letters of a sample read in the charset, and
// false if it can't be read so.
func (c *charset) weigh(sample []byte) (float64, bool) {
	text, err := c.decoder.NewDecoder().Bytes(sample)
	if err != nil {
		return 0, false
	}
	text = bytes.TrimSuffix(text, []byte("\uFFFD")) // the sample may end within a pair
	letters, weight := 0, 0.0
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf || !unicode.IsLetter(r) && r != utf8.RuneError && !unicode.Is(unicode.Co, r):
			continue
		case r == utf8.RuneError:
			return 0, false
		}
		letters++
		weight += c.weight(r, c.common[r])
	}
	if letters == 0 {
		return 0, true
	}
	return weight / float64(letters), true
}

// detectCharset returns the charset of a sample that is not Unicode. It is empty if none
// is better than the others; possible then reports whether the sample can be read in
// some.
func detectCharset(sample []byte) (name string, possible bool) {
	best, second := 0.0, 0.0
	for i := range charsets {
		w, ok := charsets[i].weigh(sample)
		switch {
		case !ok:
			continue
		case w > best:
			name, best, second = charsets[i].name, w, best
		case w > second:
			second = w
		}
		possible = true
	}
	if best < leastWeight || best-second < leastLead {
		return "", possible
	}
	return name, true
}

// set is the set of the characters of a text.
func set(text string) map[rune]bool {
	out := make(map[rune]bool, len(text)/3)
	for _, r := range text {
		out[r] = true
	}
	return out
}

// charsetNames are the encodings that an error suggests.
var charsetNames = strings.Join([]string{cp949Name, gb18030Name, shiftJISName, eucJPName, big5Name, "windows-1252"}, ", ")

// The commonest letters of Korean, Chinese and Japanese.
const (
	commonHangul = "가각간갈값갔강같개거건것게겠겨격결경계고골곳공과관구국군권균그근글금급기긴길김까께끓끝나난날남났내낸너넘넣네넷년높누느는늘니님다단달닭담당대" +
		"더데도독돈돌동되된됩두둘뒤드든들등따때뜨라람랑래랜량러런럼럽렇레려력례로록론롭료루룹류률르른를름리린릴림릿링마막만많말망맞맡매맨먹먼멀메멘며" +
		"면명몇모목몸묘무문물므미민밀바박밖반받발밝밤방배백버번법베벽별병보복본봉봐봤부북분불붙비빌사산삼샀상새색샘생샵서석선설섯성세센소속손송쇼수숙" +
		"순술숫쉬쉽스슬습승시식신실심쓰쓴쓸씨씩아안앉않알압앞애액야약양어억언얻얼엄업없엇었에엔엘엠여연열엽였옆예오옥온올옷와완왔왕외요욕용우운울웃워" +
		"원월웹위윗유육윤율으은을음응의이익인일잃임입있잊잎자작잔잘잠잡장재저적전절점정제져조종좋좌죄주죽준줄중즉지직진질집짜짝짧쪽쯤차착찬찰참찾채책" +
		"챙처척천철첨첫청체쳐초촌총최추춘출충층치침카커켓켜코크큰키타탁탄탕태택터턴털텐텔템톤통퇴투트특튼팀파판팔패퍼페편평폐포폭폰표푸풀품프플피픽필" +
		"하한할함합항해핵했행향허헌험헤현협형혜호혹혼홍화확환활회획효후훈휴흐흔흥희히"
	commonHans = "一万三上下不与且世业东两个中为主么义之也书买了争事二于五些交产人什今从他付代以们件价任会传但位住体何作你使便保信候做像儿先光克入全公共关其内" +
		"册再军决几出分切则利别到制前力加务动化北区十协单卖南即却原去县参又及反发取受变口只可号司各合同名后向听告员命和品商四回因国在地场址城基声处外" +
		"多大天太头女她好如始子学它安完定实客家密对导将小少尔就展山工己已市师带常平年并应店度建开式张强当录形很律得德心必思性总息情想意感成我或战户所" +
		"手才打技把报拉持指据接提支收放政教数文斯新方无日时明是更最月有服望期本术机权条来果样格楼次款正此死比民气水求没治法注活海消清点然物特王现理生" +
		"用由电界登白的目直相看真眼着知码研确社神种科程究空立站笔第等管箱类系终经结给统网美老者而联能自至色行街表被西要见观规觉解计订认让议记许论设识" +
		"话该说请象货质购费资走起路身软边达过运还这进退通道那邮部都里重量金钱销长门问间队院难需非面页项领题马高"
	commonHant = "一三上下不且世並中主之也了事二五些交人什今他付代以件任但位住何作你使來便保信個們候做傳像價先光克兒入內全兩公共其冊再出分切別利到制則前力加動" +
		"務化北區十協南即卻原去參又及反取受口只可司各合同名向告命和品員商問單四回因國在地址城基報場外多大天太女她好如始子學它安完定客家密實將對導小少" +
		"就展山工己已市師帶常平年幾店度建式張強形很律後得從德心必思性息情想意感應成我或戰戶所手才打技把拉持指接提據支收放政教數文斯新方於日明是時更書" +
		"最會月有服望期本東果格條業樓樣機權次款正此死比民氣水求決沒治法活海消清為無然爭爾物特王現理生產用由界當登發白的目直相看真眼知研確碼社神科程種" +
		"究空立站第筆等管箱系終結絡給統經網縣總美義老者而聯聲聽能自至與色萬著處號行術街表被裡西要見規覺觀解訂計記設許註話該認說請論識議變讓象貨買費資" +
		"賣質購走起路身軍軟退這通進運過道達還邊那部郵都重量金銷錄錢長門開間關院隊難電需非面頁項領頭題類馬體高麼點"
	commonKanji = "一七万三上下不与世両中主乗九予争事二五井交京人今付代以件任企会位住体何作使供価係保信側備優元先党入全八公六共内円再出分切初判別利制前副割力加" +
		"動務勝勢化北区十千午半協南原参反収取受口可台各合同名向告和品員商問営四回団国土在地基報場境増売変外多大夫女始委子学宅安官定実客宮害家容対導小" +
		"少局届展山島川工市希席常平年幹広店府度建式引強当役後得心必応思急性情意感態成戦所手打払投指挙提換援支改放政教数文料断新方施日明昨時書最月有望" +
		"朝期木本村条来東果査校格案検業楽構様権機次止正歳死比氏民気水求決沢治法注活派流海消済減演点無物特状独現球理生産用田由男町画界番疑発百的目直相" +
		"県真着知石研確示社神私税究空立第策算米約終組経結統続総置考者聴職育能自藤行術表裁補西要見規視解言計記訪設証話認語説調談論警議護費資起足身車軍" +
		"転輸近返述送通連進運過道違選部都配重野金長開間関防院際集難電面革領題願食首高鮮"
)
