package storetest

// notes are documents about different things, in two languages.
func notes() []Document {
	note := func(id, lang string, year int, text string) Document {
		return Document{ID: id, Text: text, Metadata: map[string]any{"lang": lang, "year": year, "source": "notes/" + id + ".md"}}
	}
	return []Document{
		note("move", "ko", 2024, "이사한 날부터 14일 안에 새로운 주소지의 주민센터에 전입신고를 해야 한다."),
		note("busan", "ko", 2023, "부산의 겨울은 따뜻하지만 바닷바람이 세다."),
		note("kimchi", "ko", 2025, "김치는 배추를 소금에 절인 뒤 고춧가루와 마늘로 양념해 발효시킨다."),
		note("printer", "en", 2025, "To clear a paper jam, open the rear cover of the printer and pull the sheet out."),
		note("refund", "en", 2024, "Customers may return an item within thirty days and get their money back."),
		note("whale", "en", 2021, "Blue whales are the largest animals that have ever lived on Earth."),
	}
}

// questions ask for one of the notes each, some of them in the other language.
var questions = map[string]string{
	"전입신고는 언제까지 해야 하나요?":           "move",
	"부산 겨울 날씨":                     "busan",
	"how is kimchi made?":          "kimchi",
	"paper jam in the printer":     "printer",
	"환불은 며칠 안에 받을 수 있나요?":          "refund",
	"which animal is the largest?": "whale",
	"printer에 종이가 걸렸어요, 어떻게 빼나요?":  "printer",
}
