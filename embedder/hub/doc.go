// Package hub finds, downloads, verifies and removes model files from the
// Hugging Face Hub, or a mirror that speaks its protocol.
//
//	h, err := hub.New(nil)
//	dir, err := h.Pull(ctx, "FronyAI/frony-embed-tiny-ko-v1", "main", nil)
//	model, err := transformer.Open(dir, nil)
//
// The cache has the layout of the Hub's own tools, so each side finds the models that
// the other has downloaded:
//
//	$HF_HUB_CACHE                          default: $HF_HOME/hub, ~/.cache/huggingface/hub
//	├── .locks/models--ORG--NAME/ETAG.lock one lock for each blob, between processes
//	└── models--ORG--NAME
//	    ├── blobs/ETAG                     content; ETAG is its SHA-256, or git's SHA-1 for small files
//	    ├── blobs/ETAG.incomplete          an unfinished download
//	    ├── refs/main                      the commit that a branch or tag pointed at
//	    ├── snapshots/COMMIT/FILE          links to ../../blobs/ETAG
//	    └── .frony/COMMIT.json             the files that Pull has fetched
//
// What Pull guarantees:
//
//  1. A model that is in the cache costs no request. Options.Refresh asks the
//     Hub whether a branch has moved.
//  2. A file appears under its name only after its length and hash are right.
//     The commit is resolved once, and all files come from it.
//  3. An interrupted download resumes where it stopped, in this process or the
//     next.
//  4. Processes that pull the same model at once download it once.
//  5. The token is sent to the endpoint, and never to where it redirects.
//  6. Only the files that an engine reads are fetched: see Safetensors, ONNX.
//
// Errors wrap one of the sentinels in errors.go, name the repository and the
// file, and say what to do.
//
// Environment, read by New where Options leave a field empty: HF_HOME,
// HF_HUB_CACHE (HUGGINGFACE_HUB_CACHE), HF_ENDPOINT, HF_TOKEN
// (HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH), HF_HUB_DISABLE_IMPLICIT_TOKEN,
// HF_HUB_OFFLINE, XDG_CACHE_HOME.
package hub
