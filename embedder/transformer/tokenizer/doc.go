// Package tokenizer turns text into the token ids that a model was trained
// with, from the model's own tokenizer.json, in pure Go.
//
//	tok, err := tokenizer.Open("tokenizer.json")
//	ids := tok.Encode("<Q>고양이는 왜 야옹 하고 울까?", true)
//
// A token id that differs from training's doesn't fail: it gives a worse
// vector. So the measure of this package is equality with the reference,
// Hugging Face tokenizers, id by id, on ordinary and on hostile text; the
// goldens in testdata and `make goldens-tokenizer` hold it to that.
//
// A text passes through five stations, each named by a field of the file:
//
//	text
//	 │  added_tokens     cut out special tokens such as <Q>, as written
//	 │  normalizer       NFKC, the SentencePiece charsmap, lower case, …
//	 │  added_tokens     cut out tokens that are matched after normalisation
//	 │  pre_tokenizer    split into words
//	 │  model            Unigram or WordPiece: words into ids
//	 │  post_processor   frame with special tokens, <s> … </s>
//	ids
//
// What is known:
//
//   - normalizer: BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Nmt,
//     Precompiled, Prepend, Replace, Sequence, Strip, StripAccents
//   - pre_tokenizer: BertPreTokenizer, Metaspace, Punctuation, Sequence,
//     Whitespace, WhitespaceSplit
//   - model: Unigram, WordPiece
//   - post_processor: BertProcessing, RobertaProcessing, Sequence,
//     TemplateProcessing
//
// Anything else is an error that names the field. The file's truncation and
// padding sections are ignored: the caller states the limit
// (EncodeTruncated), and a batch is padded where it is run.
//
// Invariants: a Tokenizer is read-only and safe for concurrent use; time is
// linear in the text; no text is an error. Bytes that aren't UTF-8 count as
// U+FFFD, one for each maximal ill-formed part, as Python and Rust replace
// them.
package tokenizer
