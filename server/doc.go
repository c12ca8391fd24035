// Package server serves a database over HTTP. It decides only whether a request is
// allowed, small enough and well formed; what the request means is up to package
// db.
//
//	s, err := server.New(engine.Local(d), &server.Options{Embedder: e, Keys: set})
//	h := s.HTTPServer()
//	go s.Warm(ctx)
//	err = h.Serve(listener)
//
// # Endpoints
//
//	/v1/collections…           the API, described by /openapi.json
//	/v1/embeddings, /v1/models OpenAI's protocol
//	/v1/tasks, /v1/backups     maintenance while serving
//	/vectors, /meta, …         Weaviate's text2vec-transformers protocol
//	/embed, /info              Text Embeddings Inference's protocol
//	/mcp                       Model Context Protocol, streamable HTTP
//	/                          the console
//	/livez /readyz /healthz    health, without a key
//	/metrics                   Prometheus
//
// # The path of a request
//
//	connection limits → id, log, metrics, recovery → host and origin
//	  → key (none of the body is read yet) → rate → body (size, time, bytes in
//	  flight, encoding) → idempotency → slot → handler → db
//
// # Invariants
//
//  1. No byte of a body is read before the key is known and its rate allows it.
//  2. No name, path or URL of a client is ever opened or fetched: names are
//     looked up in the database, and in the list of backups that the server has
//     named. The model and the directory of the backups are the operator's.
//  3. Memory is bounded: by the bytes of bodies in flight, and by the requests that
//     run and wait. A request that exceeds a bound is refused at once with 429 or
//     503.
//  4. Logs and metrics hold no text, no embedding and no key.
//
// # Packages
//
// problem is what is answered in place of a success; keys says who may do what;
// admit is the queue, the rates and the other bounds; task runs what goes on when
// its request has ended; compat speaks the protocols
// of other embedding servers. The JSON of the API itself is that of package api.
package server
