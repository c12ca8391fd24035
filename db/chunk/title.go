package chunk

import "strings"

// TitleSeparator stands between the headings in a title: "Guide > Install".
const TitleSeparator = " > "

// JoinTitle joins the title of a document and the headings above one of its chunks,
// the first of which often is the title. If they have more than limit bytes, the
// innermost are kept.
func JoinTitle(title string, headings []string, limit int) string {
	if title != "" && (len(headings) == 0 || headings[0] != title) {
		headings = append([]string{title}, headings...)
	}
	for {
		joined := strings.Join(headings, TitleSeparator)
		if len(joined) <= limit {
			return joined
		}
		if len(headings) == 1 {
			return joined[:lastBoundary(joined, 0, limit)]
		}
		headings = headings[1:]
	}
}

// Above returns what of a title the text does not say itself: without the last
// heading, if the text begins with it.
func Above(title, text string) string {
	outer, last := "", title
	if i := strings.LastIndex(title, TitleSeparator); i >= 0 {
		outer, last = title[:i], title[i+len(TitleSeparator):]
	}
	first, _, _ := strings.Cut(strings.TrimLeft(text, "# \t\r\n"), "\n")
	if strings.TrimRight(first, "# \t\r") == last {
		return outer
	}
	return title
}
