package source

import (
	"fmt"
	"strings"
	"testing"
)

// What a quote means is decided by evidence, unless it is named.
func TestQuotes(t *testing.T) {
	nsmc := "id\ttext\tlabel\n1\t\"재밌다 정말\t1\n2\t그냥 그래요\t0\n3\t최고\"\t1\n4\t\"명작\"\t1\n5\t넷플\"릭스\t0\n6\t\"\t0\n7\t일곱\t0\n8\t여덟\"\t1\n"
	none := []string{"\"재밌다 정말", "그냥 그래요", "최고\"", "\"명작\"", "넷플\"릭스", "\"", "일곱", "여덟\""}
	comma := strings.ReplaceAll(nsmc, "\t", ",")
	for _, tc := range []struct {
		name, file, in string
		quote          Quote
		texts          []string
		rejects        int
		note           string
	}{
		{"NSMC", "in.tsv", nsmc, QuoteAuto, none, 0, "8 of 8 lines have 3 fields so, and 4 of 4 records"},
		{"NSMC, none", "in.tsv", nsmc, QuoteNone, none, 0, ""},
		{"NSMC, double", "in.tsv", nsmc, QuoteDouble, []string{"재밌다 정말\t1\n2\t그냥 그래요\t0\n3\t최고", "명작", "\t0\n7\t일곱\t0\n8\t여덟"}, 1, ""},
		{"NSMC with commas", "in.csv", comma, QuoteAuto, none, 0, "8 of 8 lines"},
		{"late quotes", "in.tsv", "id\ttext\tlabel\n" + strings.Repeat("0\t글\t1\n", 3000) + nsmc[len("id\ttext\tlabel\n"):], QuoteAuto, nil, 0, "from line 3002 on"},
		{"pairs only", "in.tsv", "id\ttext\n1\t\"명작\"\n2\t그냥\n", QuoteAuto, []string{"\"명작\"", "그냥"}, 0, "read as text"},
		{"our own TSV", "in.tsv", "id\ttext\n1\t\"a \"\"b\"\"\tc\nd\"\n2\tplain\n3\t\" space\"\n", QuoteAuto, []string{"a \"b\"\tc\nd", "plain", " space"}, 0, ""},
		{"all quoted", "in.tsv", "\"id\"\t\"text\"\n\"1\"\t\"a\"\n\"2\"\t\"b\"\n", QuoteAuto, []string{"a", "b"}, 0, ""},
		{"R", "in.csv", "\"\",\"id\",\"text\"\n\"1\",\"a\",\"글, 둘\"\n\"2\",\"b\",\"셋\"\n", QuoteAuto, []string{"글, 둘", "셋"}, 0, ""},
		{"lines in quotes", "in.csv", "id,text\n1,\"가\n나\"\n2,\"다, 라\n마\"\n", QuoteAuto, []string{"가\n나", "다, 라\n마"}, 0, ""},
		{"one record of lines", "in.csv", "id,text\n1,\"안녕\n그래, 네\"\n", QuoteAuto, []string{"안녕\n그래, 네"}, 0, "there would be 2 records from line 2 on, and not 1"},
		{"inches", "in.csv", "id,text\n1,모니터 27\"\n2,\"가, 나\"\n", QuoteAuto, []string{"모니터 27\"", "가, 나"}, 0, "a quote inside a field"},
		{"one bad among good", "in.csv", "id,text\n" + strings.Repeat("0,\"글, 둘\"\n", 20) + "1,\"안 닫힘\n2,\"끝\"\n", QuoteAuto, nil, 0, "does not enclose a field"},
		{"all quoted, one bad", "in.csv", "id,text\n" + strings.Repeat("0,\"글\"\n", 20) + "1,\"a\"b\n2,\"끝\"\n", QuoteAuto, nil, 0, "does not enclose a field"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var found []string
			got := readBytes(t, tc.file, []byte(tc.in), &Options{Quote: tc.quote, Note: func(n Note) { found = append(found, n.Text) }})
			if len(got.rejects) != tc.rejects || len(got.files) != 0 {
				t.Fatalf("rejects %v, files %v", got.rejects, got.files)
			}
			var texts []string
			for _, r := range got.records {
				texts = append(texts, r.Text)
			}
			if tc.texts != nil && fmt.Sprintf("%q", texts) != fmt.Sprintf("%q", tc.texts) {
				t.Errorf("got  %q\nwant %q", texts, tc.texts)
			}
			if tc.note == "" && len(found) > 0 || !strings.Contains(strings.Join(found, "\n"), tc.note) {
				t.Errorf("notes %q, want %q", found, tc.note)
			}
			switch tc.name {
			case "late quotes":
				if len(texts) != 3008 || texts[3000] != none[0] {
					t.Errorf("%d texts", len(texts))
				}
			case "one bad among good":
				if len(texts) != 22 || texts[0] != "글, 둘" || texts[20] != "\"안 닫힘" || texts[21] != "끝" {
					t.Errorf("%q", texts)
				}
			case "all quoted, one bad":
				if len(texts) != 22 || texts[0] != "글" || texts[20] != "\"a\"b" || texts[21] != "끝" {
					t.Errorf("%q", texts)
				}
			}
		})
	}
}
