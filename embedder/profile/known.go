package profile

// known is the table of models that have been tested. docs/models.md describes them.
var known = []Profile{
	frony("FronyAI/frony-embed-tiny-ko-v1", 384, 192),
	frony("FronyAI/frony-embed-small-ko-v1", 768, 384),
	frony("FronyAI/frony-embed-medium-ko-v1", 1024, 512),
	frony("FronyAI/frony-embed-medium-ko-v2", 1024, 512),
	{
		Name: "BAAI/bge-m3", QueryPrefix: new(""), PassagePrefix: new(""),
		Pooling: "cls", Dims: 1024, MaxTokens: 8192, Licence: "MIT",
	},
	{
		Name: "intfloat/multilingual-e5-large", QueryPrefix: new("query: "), PassagePrefix: new("passage: "),
		Pooling: "mean", Dims: 1024, MaxTokens: 512, Licence: "MIT",
	},
	{
		Name: "Snowflake/snowflake-arctic-embed-l-v2.0", QueryPrefix: new("query: "), PassagePrefix: new(""),
		Pooling: "cls", Dims: 1024, HeadDims: 256, MaxTokens: 8192, Licence: "Apache-2.0",
	},
	{
		// The role is a number, an input of the graph (task_id: query 0, passage 1)
		// that selects an adapter, and the sentence that the adapter was trained
		// with.
		Name: "jinaai/jina-embeddings-v3", Runtime: ONNX,
		QueryPrefix: new("Represent the query for retrieving evidence documents: "), PassagePrefix: new("Represent the document for retrieval: "),
		Pooling: "mean", Dims: 1024, HeadDims: 256, MaxTokens: 8192, Licence: "CC-BY-NC-4.0",
	},
	{
		Name: "solar-embedding-1-large-passage", QueryModel: "solar-embedding-1-large-query",
		Runtime: Remote, Provider: "upstage", Dims: 4096, Licence: "API",
	},
	{
		Name: "solar-embedding-2-passage", QueryModel: "solar-embedding-2-query",
		Runtime: Remote, Provider: "upstage", Dims: 1024, Licence: "API",
	},
	{
		Name: "text-embedding-3-large", Runtime: Remote, Provider: "openai",
		Dims: 3072, HeadDims: 256, MaxTokens: 8192, Licence: "API",
	},
}

// frony is a profile of the model family that frony-db's defaults are made for: role
// tokens directly before the text, and a Matryoshka head of half the dimensions.
// Pooling is read from the model's files.
func frony(name string, dims, head int) Profile {
	return Profile{
		Name: name, QueryPrefix: new("<Q>"), PassagePrefix: new("<P>"),
		Dims: dims, HeadDims: head, MaxTokens: 512, Licence: "see the model card",
	}
}
