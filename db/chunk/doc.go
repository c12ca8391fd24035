// Package chunk cuts long documents into pieces that an embedding can hold.
//
// A model reads a few hundred tokens and drops the rest without a word, and an
// embedding of ten topics is near to none of them. So a long text is stored as
// chunks, each small enough, each about one thing, each knowing where it stood.
//
//	for _, c := range chunk.Split(doc, chunk.Options{Format: chunk.Markdown, Count: tokens}) {
//		… // c.Text, c.Start, c.End, c.Heading
//	}
//
// # How a document is cut
//
//	document ──► blocks ──────────► units ─────────────► chunks
//	             headings,          a sentence,          as many units as fit
//	             paragraphs, code,  a code block,        into MaxTokens, the last
//	             lists, tables      a row of a table     ones again in the next
//
// In Markdown a heading begins a new chunk, so that a chunk never speaks of two
// sections; a heading with nothing under it joins what follows. A block of code
// is kept whole if it fits into a chunk at all, and otherwise cut between lines.
// Prose is cut between sentences, Korean and English alike. A sentence over
// MaxTokens is cut at a line break, else a space, else between characters.
//
// # What always holds
//
//  1. Nothing is lost: every byte of the document but white space between chunks
//     (and Markdown front matter, see FrontMatter) lies in a chunk.
//  2. Text == doc[Start:End], and Start grows from chunk to chunk.
//  3. No cut falls inside a grapheme cluster (Unicode Annex 29): a syllable
//     written as jamo, a letter with its accent, a family emoji stay whole.
//  4. Count(Text) ≤ MaxTokens, unless the chunk is a single grapheme cluster.
package chunk
