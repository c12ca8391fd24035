package filter

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	day := "2024-05-01T00:00:00Z"
	for s, want := range map[string]string{
		"2024-05-01": day, "2024/5/1": day, "2024/05/01": day, "2024.05.01": day, "2024.5.1": day, "2024.5.1.": day,
		"2024. 5. 1.": day, "2024. 5. 1": day, "2024년 5월 1일": day, "2024년 05월 01일": day, "2024년5월1일": day,
		"2024-05-01T00:00:00": day, "2024-05-01 00:00:00": day, "2024-05-01t00:00:00z": day, "2024-05-01T00:00Z": day,
		"2024-05-01T09:00:00+0900": day, "2024-05-01 09:00+09": day, "2024-05-01 09:00:00 +09:00": day,
		"2024-05-01 00:00:00 UTC": day, "2024-05-01 00:00:00.000000+00:00": day, "2024년 5월 1일 00:00": day,
		"2024-05-01T00:00:00.5": "2024-05-01T00:00:00.5Z", "2024-05-01 00:00:00,5": "2024-05-01T00:00:00.5Z", "2024-05-01T00:00:00.1234567891": "2024-05-01T00:00:00.123456789Z",
		"2024-04-30T23:00:00-01:00": day, "2024/5/1 0:00": day, "2024-02-29": "2024-02-29T00:00:00Z", "0000-01-01": "0000-01-01T00:00:00Z",
	} {
		got, ok := ParseTime(s, nil)
		if !ok || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v %v, want %s", s, got, ok, want)
		}
		if v, err := ValueOf(s); err != nil || v.Type() != TypeTime || v.String() == "" {
			t.Errorf("%q as a value: %v %v", s, v.Type(), err)
		}
	}
	for _, s := range []string{
		"", "2024", "2024-05", "20240501", "2024-13-01", "2024-02-30", "2023-02-29", "2024-00-01", "2024-05-00", "2024-05-011",
		"2024-05/01", "2024-05-01T", "2024-05-01T24:00", "2024-05-01T00:60", "2024-05-01T00:00:60",
		"2024-05-01T00:00+9", "2024-05-01T00:00+24:00", "2024-05-01T00:00KST", "2024-05-01T00:00:00.", "2024-05-01x",
		"05/01/2024", "24-05-01", "2024년 5월", "2024년 5월 1", "1.2.3", "2024.5", "10.0.0.1", "v2024.5.1", "2024-05-01 ",
		"9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "2024--5-1", "２０２４-05-01",
	} {
		if got, ok := ParseTime(s, nil); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
	seoul := time.FixedZone("", 9*60*60)
	for s, want := range map[string]string{
		"2024-05-01": "2024-04-30T15:00:00Z", "2024-05-01 09:00": day, "2024-05-01T00:00Z": day,
	} {
		if got, ok := ParseTime(s, seoul); !ok || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q in Seoul: %v, want %s", s, got, want)
		}
	}
}

// Whatever Go writes as RFC 3339 is read as that instant.
func FuzzParseTime(f *testing.F) {
	f.Add("2024-05-01T09:00:00.5+09:00")
	f.Fuzz(func(t *testing.T, s string) {
		var want time.Time
		if want.UnmarshalText([]byte(s)) != nil || want.UTC().Year() < 0 || want.UTC().Year() > 9999 {
			ParseTime(s, nil) // must not panic
			return
		}
		if got, ok := ParseTime(s, nil); !ok || !got.Equal(want) {
			t.Errorf("%q: %v %v, want %v", s, got, ok, want)
		}
	})
}

func TestLooksLikeTime(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"05/01/2024": true, "May 1, 2024": true, "20240501": true, "Wed, 01 May 2024 00:00:00 GMT": true, "2024년 5월": true,
		"2024-05-01": false, "hello": false, "12345678": false, "3.14": false, "": false, "v1.2.3": false,
	} {
		if got := LooksLikeTime(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func BenchmarkParseTime(b *testing.B) {
	for name, s := range map[string]string{"time": "2024-05-01T09:00:00Z", "date": "2024-05-01", "string": "서울특별시 강남구", "number": "20240501-1"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ParseTime(s, nil)
			}
		})
	}
}
