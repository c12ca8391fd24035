// Package profile describes how to use a model, where the model's own files do not say:
// the prefixes of its two roles, its Matryoshka head, its provider.
//
// A profile comes from one of three places:
//
//   - the table of known models, by name: Find
//   - a YAML file: Load
//   - neither: the zero Profile leaves everything to the model's files
//
// A field that a profile leaves empty is read from the files (pooling, lengths,
// prompts). A field that it sets overrides them.
//
//	name: acme/support-embed
//	query_prefix: "<Q>"
//	passage_prefix: "<P>"
//	head_dims: 192
//	max_tokens: 256
package profile
