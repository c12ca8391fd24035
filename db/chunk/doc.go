// Package chunk splits long documents into pieces that can be embedded.
//
// A model reads a few hundred tokens and silently drops the rest, and the embedding of a
// text on ten topics is near none of them. So a long text is stored as chunks. Each is
// small enough, is about one topic, and records its position in the document.
//
//	for _, c := range chunk.Split(doc, chunk.Options{Format: chunk.Markdown, Count: tokens}) {
//		… // c.Text, c.Start, c.End, c.Heading
//	}
//
// # How a document is split
//
//	document ──► blocks ──────────► units ─────────────► chunks
//	             headings,          a sentence,          as many units as fit
//	             paragraphs, code,  a code block,        into MaxTokens, the last
//	             lists, tables      a row of a table     ones again in the next
//
// In Markdown a heading starts a new chunk, so that no chunk spans two sections; a heading
// with nothing under it joins the next section. A block of code is kept whole if it fits
// in a chunk, and otherwise split between lines. A table is split between rows, and its
// header repeated in every chunk. Prose is split between sentences, Korean
// and English alike. A sentence longer than MaxTokens is split at a line break, else at a
// space, else between characters.
//
// # Invariants
//
//  1. Nothing is lost: every byte of the document is in a chunk, except white space
//     between chunks (and Markdown front matter, see FrontMatter).
//  2. Text == Header + doc[Start:End], and Start increases from chunk to chunk. Header is
//     empty but for a table that goes on.
//  3. No grapheme cluster is split (Unicode Annex 29): a syllable written as jamo, a
//     letter with its accent and a family emoji stay whole.
//  4. Count(Embedded(Text)) ≤ MaxTokens, unless the chunk is a single grapheme cluster.
package chunk
