// Package hf encodes text with Hugging Face's tokenizers, the Rust library that is the
// reference for package tokenizer, through daulet/tokenizers.
//
// It supports files that the Go tokenizer does not, such as the byte pairs of RoBERTa's
// English models. It is slower on files that both support (docs/decisions/0033), so
// package transformer uses it only for the others.
//
// It needs cgo, the build tag native, and libtokenizers.a where the linker finds it
// (`make -C tools/native` builds it and prints the path). Without the tag Open returns
// ErrNotBuilt.
//
// Ids are those of package tokenizer, with one exception: the library takes C strings, so
// a NUL within a text is passed as U+FFFD.
package hf

import "errors"

// ErrNotBuilt is returned by Open in a program that was built without the tag
// native or without cgo.
var ErrNotBuilt = errors.New("this program was built without Hugging Face's tokenizers (build it with cgo and -tags native)")
