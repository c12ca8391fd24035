// Package ort runs encoders with ONNX Runtime, for models that the pure Go engine does not
// support and for processors that it has no kernels for.
//
// It needs cgo and the build tag native; without them New returns ErrNotBuilt.
// ONNX Runtime's shared library (1.24 or later) is found when the first model is
// opened: at Options.Library, else at FRONYDB_ORT_LIB, else in the user's cache, else
// among the system's libraries.
//
// A graph may output pooled vectors (sentence_embedding, as transformer.ExportONNX writes
// it) or one vector per token, which are then pooled here. Its inputs may be input_ids,
// attention_mask, token_type_ids (all 0), and task_id, the number that selects a role's
// adapter.
//
// The texts of a batch are padded in groups of similar length. Unlike in the pure Go
// engine, a text's vector may differ by rounding between batches.
package ort
