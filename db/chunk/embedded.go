package chunk

import (
	"regexp"
	"strings"
)

// Embedded returns what of a text should be embedded: without what no reader sees. That
// is, in Markdown,
//
//   - data URIs, such as an image in base64, which would be most of a document,
//   - the targets of links and images, whose text stays,
//   - the brackets of wiki links, of which the alias stays, or else the target; an
//     embedded image goes altogether,
//   - the type of a callout: "> [!note] Title" is "> Title".
//
// Other text stays as it is. A text with nothing else in it is returned cut short.
func Embedded(text string) string {
	if !strings.Contains(text, "[") && !strings.Contains(text, ";base64,") {
		return text // as most
	}
	out := text
	if strings.Contains(out, ";base64,") {
		out = dataURI.ReplaceAllString(out, "")
	}
	if strings.Contains(out, "[[") {
		out = wikiLink.ReplaceAllStringFunc(out, wikiText)
	}
	if strings.Contains(out, "](") {
		out = withoutTargets(out)
	}
	if strings.Contains(out, "]:") {
		out = linkDefinition.ReplaceAllString(out, "$1$2")
	}
	if strings.Contains(out, "[!") {
		out = callout.ReplaceAllString(out, "$1")
	}
	if strings.TrimSpace(out) == "" {
		return text[:lastBoundary(text, 0, min(len(text), embeddedAnyway))]
	}
	return out
}

// embeddedAnyway is how many bytes are embedded of a text that has nothing to embed.
const embeddedAnyway = 256

var (
	dataURI        = regexp.MustCompile(`data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*;base64,[A-Za-z0-9+/=_%-]{32,}`)
	linkDefinition = regexp.MustCompile(`(?m)^( {0,3}\[[^\[\]\n]+\]:)[ \t]+<?(?:[a-zA-Z][\w+.-]*:|/|\.|#)[^\s<>]*>?((?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'))?)[ \t]*$`)
	wikiLink       = regexp.MustCompile(`!?\[\[[^\[\]\n]{1,256}\]\]`)
	callout        = regexp.MustCompile(`(?m)^([ \t]*(?:>[ \t]*)+)\[![\w-]+(?:\|[^\]\n]*)?\][+-]?[ \t]*`)
	mediaFile      = regexp.MustCompile(`(?i)\.(?:png|jpe?g|gif|bmp|svg|webp|avif|pdf|mp[34]|m4a|wav|ogg|flac|webm|mov)$`)
)

// wikiText is what a reader sees of a wiki link.
func wikiText(link string) string {
	embed := link[0] == '!'
	target, alias, aliased := strings.Cut(strings.Trim(link, "![]"), "|")
	if embed && mediaFile.MatchString(target) {
		return ""
	}
	if aliased && !embed { // the alias of an embedded note is a size
		return alias
	}
	return strings.TrimSpace(strings.NewReplacer("#^", " ", "#", " ").Replace(target))
}

// withoutTargets drops the targets of inline links and images: [text](target "title").
// A regular expression would be most of the work of importing Markdown.
func withoutTargets(text string) string {
	var out strings.Builder
	done := 0
	for i := 0; ; {
		n := strings.Index(text[i:], "](")
		if n < 0 {
			break
		}
		at := i + n
		i = at + 2
		open := strings.LastIndexAny(text[done:at], "[]\n") + done
		if open < done || text[open] != '[' {
			continue
		}
		title, end, ok := linkTarget(text[i:])
		if !ok {
			continue
		}
		start := open
		if start > done && text[start-1] == '!' {
			start--
		}
		out.WriteString(text[done:start])
		out.WriteString(text[open+1 : at])
		out.WriteString(title)
		done = i + end
		i = done
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// linkTarget reads the target of a link up to its closing parenthesis, and returns the
// title with the space before it.
func linkTarget(s string) (title string, end int, ok bool) {
	i := 0
	if strings.HasPrefix(s, "<") {
		if i = strings.IndexAny(s, ">\n") + 1; i == 0 || s[i-1] != '>' {
			return "", 0, false
		}
	} else {
		for depth := 0; i < len(s) && s[i] > ' '; i++ {
			if s[i] == '(' {
				depth++
			} else if s[i] == ')' {
				if depth--; depth < 0 {
					break
				}
			}
		}
	}
	blank := i
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	if i > blank && i < len(s) && (s[i] == '"' || s[i] == '\'') {
		n := strings.IndexAny(s[i+1:], s[i:i+1]+"\n")
		if n < 0 || s[i+1+n] == '\n' {
			return "", 0, false
		}
		i += n + 2
		title = s[blank:i]
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
	}
	if i == len(s) || s[i] != ')' {
		return "", 0, false
	}
	return title, i + 1, true
}
