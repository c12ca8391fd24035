// Package embedder defines what frony-db needs from an embedding model: the Embedder
// interface and Spec, the model's identity.
//
// The implementations live below it, and a program links only those that it
// imports:
//
//   - builtin: the embedded default, pure Go, nothing to download
//   - transformer: encoder models from Hugging Face files
//   - remote: HTTP providers
//
// To bring your own, implement Embedder and run embeddertest.Run on it.
package embedder
