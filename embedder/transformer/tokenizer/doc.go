// Package tokenizer turns text into the token ids that a model was trained with. It reads
// the model's own tokenizer.json, and is pure Go.
//
//	tok, err := tokenizer.Open("tokenizer.json")
//	ids := tok.Encode("<Q>고양이는 왜 야옹 하고 울까?", true)
//
// A token id that differs from the one in training causes no error, only a worse vector.
// So this package must equal the reference, Hugging Face tokenizers, id by id, on
// ordinary and on hostile text. The goldens in testdata and `make goldens-tokenizer` test
// that.
//
// A text passes through these stages, each named by a field of the file:
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
// Supported are:
//
//   - normalizer: BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Nmt,
//     Precompiled, Prepend, Replace, Sequence, Strip, StripAccents
//   - pre_tokenizer: BertPreTokenizer, Metaspace, Punctuation, Sequence,
//     Whitespace, WhitespaceSplit
//   - model: Unigram, WordPiece
//   - post_processor: BertProcessing, RobertaProcessing, Sequence,
//     TemplateProcessing
//
// Anything else is an error that names the field. The file's truncation and padding
// sections are ignored: the caller passes the limit (EncodeTruncated), and the engine pads
// batches if it has to.
//
// Invariants: a Tokenizer is read-only and safe for concurrent use; time is linear in the
// text; every input is accepted. Bytes that are not UTF-8 count as U+FFFD, one for each
// maximal ill-formed part, as in Python and Rust.
package tokenizer
