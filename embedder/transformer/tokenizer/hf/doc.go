// Package hf encodes text with Hugging Face's own tokenizers, the Rust library
// that package tokenizer is compared with, through daulet/tokenizers.
//
// It reads what the Go tokenizer doesn't, such as the byte pairs of RoBERTa's
// English models, and is slower on what both read (docs/decisions/0033), so
// that package transformer turns to it for the former alone.
//
// It needs cgo, the build tag native, and libtokenizers.a where the linker
// looks (`make -C tools/native` builds it and says where); without the tag Open
// returns ErrNotBuilt.
//
// Ids are those of package tokenizer, with one exception: the library takes C
// strings, so that a NUL within a text is given to it as U+FFFD.
package hf

import "errors"

// ErrNotBuilt is returned by Open in a program that was built without the tag
// native or without cgo.
var ErrNotBuilt = errors.New("this program was built without Hugging Face's tokenizers (build it with cgo and -tags native)")
