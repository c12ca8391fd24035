// Package remote embeds text by asking a provider over HTTP: OpenAI and what
// speaks its protocol, Upstage, Text Embeddings Inference, Ollama.
//
//	e, err := remote.Open(ctx, remote.Options{Provider: remote.OpenAI, Model: "text-embedding-3-large"})
//
// Keys come from environment variables only (OPENAI_API_KEY, UPSTAGE_API_KEY,
// or the one that Options.KeyEnv names). They are never logged, they are cut
// out of error messages, and the key of a provider's own address is not sent
// to another one.
//
// Texts go out in batches within the provider's limits, several at a time. A
// request that fails for a reason that may pass (429, 5xx, a lost connection)
// is repeated, after the time that Retry-After asks for or, without it, after
// waits that double, with jitter. What comes back is checked before anyone sees
// it: one vector for each text, of the length that the collection has, finite.
package remote
