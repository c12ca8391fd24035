// Package remote embeds text through a provider over HTTP: OpenAI and compatible
// servers, Upstage, Text Embeddings Inference, Ollama.
//
//	e, err := remote.Open(ctx, remote.Options{Provider: remote.OpenAI, Model: "text-embedding-3-large"})
//
// Keys come from environment variables only (OPENAI_API_KEY, UPSTAGE_API_KEY, or the
// one that Options.KeyEnv names). They are never logged, they are removed from error
// messages, and the key for a provider's own address is not sent to another.
//
// Texts are sent in batches within the provider's limits, several batches at a time. A
// request that fails for a transient reason (429, 5xx, a lost connection) is retried
// after the time in Retry-After, or with exponential backoff and jitter. Replies are
// checked: one finite vector per text, of the expected length.
package remote
