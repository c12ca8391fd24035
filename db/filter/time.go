package filter

import (
	"strings"
	"time"
	"unicode/utf8"
)

// ParseTime reads a string that is a time, as every entrance does it: in metadata, in
// filters and in files. A time is a date, or a date, one of "T", "t" and a space, and a
// time of day, which may have a zone. local is the zone of those that name none, UTC
// if it is nil.
//
//	date         2024-05-01   2024/5/1   2024.05.01   2024. 5. 1.   2024년 5월 1일
//	time of day  9:30   09:30   09:30:15   09:30:15.123456789   09:30:15,123
//	zone         Z   z   UTC   +09:00   +0900   +09, also after a space
//
// The year has four digits, month and day have one or two. All else is a string, such as
// "05/01/2024", whose day and month nobody knows, and "20240501", which may be a number.
func ParseTime(s string, local *time.Location) (t time.Time, ok bool) {
	if len(s) < len("2024/5/1") || s[0] < '0' || s[0] > '9' || s[4] >= '0' && s[4] <= '9' || len(s) > 64 {
		return t, false // as most strings
	}
	p := timeParser{rest: s}
	year, month, day, ok := p.date()
	if !ok {
		return t, false
	}
	var hour, minute, second, nanos int
	if local == nil {
		local = time.UTC
	}
	if p.rest != "" {
		if hour, minute, second, nanos, ok = p.clock(); !ok {
			return t, false
		}
		if local, ok = p.zone(local); !ok {
			return t, false
		}
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanos, local)
	if y := t.UTC().Year(); y < 0 || y > 9999 {
		return time.Time{}, false
	}
	return t, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// timeParser reads a time from the left.
type timeParser struct{ rest string }

// number reads least to most digits.
func (p *timeParser) number(least, most int) (n int, ok bool) {
	i := 0
	for i < len(p.rest) && i < most && p.rest[i]-'0' < 10 {
		n = n*10 + int(p.rest[i]-'0')
		i++
	}
	p.rest = p.rest[i:]
	return n, i >= least
}

func (p *timeParser) skip(prefix string) bool {
	var ok bool
	p.rest, ok = strings.CutPrefix(p.rest, prefix)
	return ok
}

func (p *timeParser) date() (year, month, day int, ok bool) {
	if year, ok = p.number(4, 4); !ok {
		return
	}
	first, last := "", ""
	switch {
	case p.skip("-"):
		first = "-"
	case p.skip("/"):
		first = "/"
	case p.skip("."):
		first, last = ".", "."
	case p.skip("년"):
		first, last = "월", "일"
	default:
		return 0, 0, 0, false
	}
	spaced := last != "" && p.skip(" ")
	if month, ok = p.number(1, 2); !ok || !p.skip(first) {
		return 0, 0, 0, false
	}
	if spaced {
		p.skip(" ")
	}
	if day, ok = p.number(1, 2); !ok {
		return 0, 0, 0, false
	}
	if ended := p.skip(last); last == "일" && !ended {
		return 0, 0, 0, false
	}
	return year, month, day, month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

func (p *timeParser) clock() (hour, minute, second, nanos int, ok bool) {
	if p.rest == "" || p.rest[0] != 'T' && p.rest[0] != 't' && p.rest[0] != ' ' {
		return
	}
	p.rest = p.rest[1:]
	if hour, ok = p.number(1, 2); !ok || hour > 23 || !p.skip(":") {
		return 0, 0, 0, 0, false
	}
	if minute, ok = p.number(2, 2); !ok || minute > 59 {
		return 0, 0, 0, 0, false
	}
	if p.skip(":") {
		if second, ok = p.number(2, 2); !ok || second > 59 {
			return 0, 0, 0, 0, false
		}
		if p.skip(".") || p.skip(",") {
			before := len(p.rest)
			if nanos, ok = p.number(1, 9); !ok {
				return 0, 0, 0, 0, false
			}
			for range 9 - (before - len(p.rest)) {
				nanos *= 10
			}
			p.rest = strings.TrimLeft(p.rest, "0123456789") // beyond nanoseconds
		}
	}
	return hour, minute, second, nanos, true
}

// zone reads the zone at the end, local if there is none.
func (p *timeParser) zone(local *time.Location) (*time.Location, bool) {
	if p.rest == "" {
		return local, true
	}
	p.skip(" ")
	switch p.rest {
	case "Z", "z", "UTC":
		return time.UTC, true
	case "":
		return nil, false
	}
	sign := 1
	switch p.rest[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return nil, false
	}
	p.rest = p.rest[1:]
	hours, ok := p.number(2, 2)
	minutes := 0
	if ok && p.rest != "" {
		p.skip(":")
		minutes, ok = p.number(2, 2)
	}
	if !ok || p.rest != "" || hours > 23 || minutes > 59 {
		return nil, false
	}
	return time.FixedZone("", sign*(hours*60+minutes)*60), true
}

// LooksLikeTime reports whether a string that is no time was probably meant as one, such
// as "05/01/2024" or "May 1, 2024": no range of times finds it.
func LooksLikeTime(s string) bool {
	if len(s) < 6 || len(s) > 64 || !utf8.ValidString(s) {
		return false
	}
	if _, ok := ParseTime(s, nil); ok {
		return false
	}
	for _, layout := range loose {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

// loose are forms of time that are common and not read, since they are ambiguous or
// named in one language.
var loose = []string{
	"1/2/2006", "2/1/2006", "1-2-2006", "2-1-2006", "2.1.2006", "1/2/06", "20060102", "20060102150405", "20060102T150405Z",
	"1/2/2006 15:04", "1/2/2006 15:04:05", "2/1/2006 15:04", "2/1/2006 15:04:05", "1/2/2006 3:04 PM", "1/2/2006 3:04:05 PM",
	"2006/1/2 3:04 PM", "2006-01-02 3:04 PM", "2006-01-02 3:04:05 PM", "2006-01-02 15", "2006-01",
	"Jan 2, 2006", "January 2, 2006", "2 Jan 2006", "2 January 2006", "2-Jan-2006", "02-Jan-06", "Jan 2 2006",
	time.RFC1123, time.RFC1123Z, time.RFC850, time.RFC822, time.RFC822Z, time.ANSIC, time.UnixDate,
	"2006년 1월", "06-01-02", "06.1.2", "06/1/2", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700 MST",
}
