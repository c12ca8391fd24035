// Package transformer embeds text with encoder models from Hugging Face files:
// BERT, RoBERTa and XLM-RoBERTa in a Sentence Transformers directory.
//
//	e, err := transformer.Open("path/to/frony-embed-tiny-ko-v1", nil)
//
// Everything is read from the model's files; what they don't say, a profile
// does (package profile), and nothing is guessed:
//
//	modules.json                       the steps: Transformer, Pooling, Normalize
//	config_sentence_transformers.json  the prefixes of the two roles
//	sentence_bert_config.json          where texts are cut
//	1_Pooling/config.json              how token vectors become one
//	config.json                        the architecture
//	model.safetensors                  the weights, or shards and their index
//	tokenizer.json                     the tokenizer
//	frony-db.yaml                      a profile of the user's own, if there
//
// A text goes prefix + text → tokenizer → engine → pooling → unit length.
// A file that asks for anything else (another architecture, a Dense step, last
// token pooling) is refused with a FileError that names the file and the field:
// a model that runs, but not as it was trained, would be the worse outcome.
//
// Layers run in Go (package purego), or in ONNX Runtime (package ort) for models
// that have their own graph.
//
// Weights are memory-mapped. The layers' are packed for the engine when the
// model is opened; the table of word embeddings, most of a multilingual model,
// stays in the file and costs only the rows that are used.
package transformer
