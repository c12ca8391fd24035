// Package compat speaks the protocols of other embedding servers, so that their
// clients work without a change:
//
//   - OpenAI: /v1/embeddings, /v1/models
//   - Hugging Face's Text Embeddings Inference: /, /embed, /embeddings, /similarity,
//     /info, /health
//   - Ollama: /api/embed, /api/tags
//   - Weaviate's text2vec-transformers: /vectors, /meta, /.well-known/…
//
// Each protocol is a file. It decodes a request, calls Host.Embed once, and
// encodes the answer in its own form; what is allowed and how much is the host's to
// say.
package compat
