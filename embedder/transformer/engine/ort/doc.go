// Package ort runs encoders with ONNX Runtime, for models that the pure Go
// engine doesn't know and for processors that it has no kernels for.
//
// It needs cgo and the build tag native; without them New returns ErrNotBuilt.
// ONNX Runtime's shared library (1.24 or later) is found when the first model is
// opened: where Options.Library says, else FRONYDB_ORT_LIB, else in the user's
// cache, else where the system keeps libraries.
//
// A graph may give pooled vectors (an output sentence_embedding, as
// transformer.ExportONNX writes it) or one for each token, which are pooled
// here. Its inputs may be input_ids, attention_mask, token_type_ids (all 0),
// and task_id, the number that chooses a role's adapter.
//
// Texts of a batch are padded to the longest of a few of like length. Unlike in
// the pure Go engine, a text's vector may differ by rounding between batches.
package ort
