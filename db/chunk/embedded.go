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
		out = inlineLink.ReplaceAllString(out, "$1$2")
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
	dataURI = regexp.MustCompile(`data:[\w.+-]*/?[\w.+-]*(?:;[\w=.+-]+)*;base64,[A-Za-z0-9+/=_%-]{32,}`)
	// [text](target "title") and ![text](target); the title is text too.
	inlineLink     = regexp.MustCompile(`!?\[([^\[\]\n]*)\]\((?:<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)((?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'))?)[ \t]*\)`)
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
