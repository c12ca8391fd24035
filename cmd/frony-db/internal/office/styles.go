package office

import "strings"

// dateStyles says of each style of cells whether its numbers are dates.
func dateStyles(a *archive, part string) ([]bool, error) {
	var sheet struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			ID int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := a.decode(part, &sheet); err != nil {
		return nil, err
	}
	codes := map[int]string{}
	for _, f := range sheet.Formats {
		codes[f.ID] = f.Code
	}
	out := make([]bool, len(sheet.Cells))
	for i, c := range sheet.Cells {
		if code, ok := codes[c.ID]; ok {
			out[i] = isDateCode(code)
		} else {
			out[i] = builtinDate(c.ID)
		}
	}
	return out, nil
}

// builtinDate says of the formats that files don't spell out whether they are dates
// (ECMA-376 part 1, 18.8.30). 27 to 36 and 50 to 58 are those of East Asia.
func builtinDate(id int) bool {
	return 14 <= id && id <= 17 || id == 22 || 27 <= id && id <= 31 || id == 36 || 50 <= id && id <= 58
}

// isDateCode reports whether a number format shows a year or a day: what is in quotes
// and in brackets is no part of it, and hours alone are a time of day or a duration.
func isDateCode(code string) bool {
	code, _, _ = strings.Cut(code, ";") // of positive numbers
	var plain strings.Builder
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*':
			i++
		case '"':
			for i++; i < len(code) && code[i] != '"'; i++ {
			}
		case '[':
			for i++; i < len(code) && code[i] != ']'; i++ {
			}
		default:
			plain.WriteByte(code[i])
		}
	}
	s := strings.ToLower(plain.String())
	if strings.Contains(s, "general") {
		return false
	}
	return strings.ContainsAny(s, "yd") || strings.Contains(s, "e") && !strings.ContainsAny(s, "0#?")
}
