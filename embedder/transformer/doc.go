// Package transformer embeds text with encoder models from Hugging Face files:
// BERT, RoBERTa and XLM-RoBERTa in a Sentence Transformers directory.
//
//	e, err := transformer.Open("path/to/frony-embed-tiny-ko-v1", nil)
//
// Everything is read from the model's files, or from a profile where the files do not
// say (package profile). Nothing is guessed:
//
//	modules.json                       the steps: Transformer, Pooling, Normalize
//	config_sentence_transformers.json  prefixes of the two roles
//	sentence_bert_config.json          length at which texts are cut
//	1_Pooling/config.json              how token vectors become one
//	config.json                        the architecture
//	model.safetensors                  the weights, or shards and their index
//	tokenizer.json                     the tokenizer
//	frony-db.yaml                      optional: the user's own profile
//
// The path of a text is prefix + text → tokenizer → engine → pooling → unit length. A
// file that asks for anything else (another architecture, a Dense step, last token
// pooling) is rejected with a FileError that names the file and the field: a model that
// runs differently from how it was trained would be worse.
//
// Layers run in Go (package purego), or in ONNX Runtime (package ort) for models that
// come with a graph.
//
// Weights are memory-mapped. Those of the layers are packed for the engine when the model
// is opened. The table of word embeddings, most of a multilingual model, stays in the
// file and costs only the rows that are used.
package transformer
