package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/fronyai/frony-db/db"
)

// ParseSort reads fields to sort by: "-year,title" is descending by year, then ascending by
// title. A name with other characters than a word has stands in backquotes.
func ParseSort(text string) (keys []db.SortKey, err error) {
	rest := strings.TrimSpace(text)
	for more := rest != ""; more; {
		var k db.SortKey
		rest = strings.TrimSpace(rest)
		if after, ok := strings.CutPrefix(rest, "-"); ok {
			k.Descending, rest = true, after
		} else {
			rest = strings.TrimPrefix(rest, "+")
		}
		if strings.HasPrefix(rest, "`") {
			if k.Field, rest, err = quotedName(rest[1:]); err != nil {
				return nil, err
			}
		} else {
			end := strings.IndexByte(rest+",", ',')
			k.Field, rest = strings.TrimSpace(rest[:end]), rest[end:]
			if !bare(k.Field) {
				return nil, fmt.Errorf("%w: sort: %.60q is not the name of a field", db.ErrInvalidQuery, k.Field)
			}
		}
		keys = append(keys, k)
		rest = strings.TrimSpace(rest)
		if more = rest != ""; more && rest[0] != ',' {
			return nil, fmt.Errorf("%w: sort: %.60q comes behind a field, want a comma", db.ErrInvalidQuery, rest)
		}
		rest = strings.TrimPrefix(rest, ",")
	}
	return keys, nil
}

// quotedName reads a name behind its first backquote.
func quotedName(s string) (name, rest string, err error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '`':
		case strings.HasPrefix(s[i:], "``"):
			i++
		default:
			return strings.ReplaceAll(s[:i], "``", "`"), s[i+1:], nil
		}
	}
	return "", "", fmt.Errorf("%w: sort: a backquote has no second one", db.ErrInvalidQuery)
}

// bare reports whether a name needs no backquotes.
func bare(name string) bool {
	return name != "" && name[0] != '-' && name[0] != '+' && !strings.ContainsFunc(name, func(r rune) bool {
		return r == ',' || r == '`' || unicode.IsSpace(r) || !unicode.IsPrint(r) && !unicode.IsMark(r)
	})
}

// FormatSort writes fields to sort by, as ParseSort reads them.
func FormatSort(keys []db.SortKey) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if k.Descending {
			b.WriteByte('-')
		}
		if bare(k.Field) {
			b.WriteString(k.Field)
		} else {
			b.WriteString("`" + strings.ReplaceAll(k.Field, "`", "``") + "`")
		}
	}
	return b.String()
}

// place is where a sorted scan goes on.
type place struct {
	Sort   string  `json:"sort"`
	ID     string  `json:"id"`
	Values []Value `json:"values"`
}

const (
	sortedMark     = 0 // begins what is in the cursor of a sorted scan, and no id
	maxSortedBytes = 16 << 10
)

// sortedCursor is the cursor of the page behind a document of a sorted scan.
func sortedCursor(sort string, s *db.Scan) string {
	p := place{Sort: sort, ID: s.After}
	for _, v := range s.AfterValues {
		p.Values = append(p.Values, Value{v})
	}
	b, err := json.Marshal(p)
	if err != nil {
		return EncodeCursor(s.After) // refused where it is read
	}
	return base64.RawURLEncoding.EncodeToString(append([]byte{sortedMark}, b...))
}

// readSorted sets where a sorted scan goes on.
func readSorted(s *db.Scan, cursor string) error {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	var p place
	if err == nil && len(b) > 0 && len(b) <= maxSortedBytes && b[0] == sortedMark {
		err = json.Unmarshal(b[1:], &p)
	}
	if err != nil || p.ID == "" || p.Sort != FormatSort(s.Sort) || len(p.Values) != len(s.Sort) {
		return &FieldError{Field: "cursor", Err: ErrCursor, Hint: "send the next of the page before, with the same sort"}
	}
	s.After = p.ID
	for _, v := range p.Values {
		s.AfterValues = append(s.AfterValues, v.V)
	}
	return nil
}
