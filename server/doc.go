// Package server answers HTTP for a database. It translates: what a request
// means is decided in package db, and here only whether it is allowed, small
// enough and well formed.
//
//	s, err := server.New(d, &server.Options{Embedder: e, Keys: set})
//	h := s.HTTPServer()
//	go s.Warm(ctx)
//	err = h.Serve(listener)
//
// # Doors
//
//	/v1/collections…           the API, described by /openapi.json
//	/v1/embeddings, /v1/models OpenAI's protocol
//	/vectors, /meta, …         Weaviate's text2vec-transformers protocol
//	/embed, /info              Text Embeddings Inference's protocol
//	/mcp                       Model Context Protocol, streamable HTTP
//	/                          the console
//	/livez /readyz /healthz    health, without a key
//	/metrics                   Prometheus
//
// # The way of a request
//
//	connection limits → id, log, metrics, recovery → host and origin
//	  → key (nothing of the body was read yet) → rate → body (size, time, bytes
//	  in flight, encoding) → idempotency → route → gate → db
//
// # Invariants
//
//  1. No byte of a body is read before the key is known and its rate allows it.
//  2. No name, path or URL of a client is ever opened or fetched: names are
//     looked up in the database, and the model is the operator's.
//  3. Memory is bounded: by bytes of bodies in flight, requests that work and
//     requests that wait. What is beyond is answered 429 or 503 at once.
//  4. Logs and metrics hold no text, no embedding and no key.
package server
