package transformer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer/engine"
)

// repository is what was read from a model's directory, except the weights.
type repository struct {
	dir     string // of the transformer's own files
	root    string
	config  engine.Config
	family  family
	lower   bool // texts are lowercased before the tokenizer
	profile profile.Profile
	runtime profile.Runtime
	pooling engine.Pooling
	query   string // prefixes
	passage string
	limit   int // tokens
}

// readRepository reads every file except weights and tokenizer, for one runtime. Fields
// that p sets take precedence.
func readRepository(root string, p profile.Profile, runtime profile.Runtime) (*repository, error) {
	r := &repository{root: root, dir: root, profile: p, runtime: runtime}
	for _, step := range []func() error{r.readModules, r.readConfig, r.readPrompts, r.readLimit} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// checkDir returns an error unless path is a directory.
func checkDir(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return &FileError{Path: path, Err: fmt.Errorf("%w: not a directory", ErrInvalid), Hint: "name the directory that holds config.json"}
	}
	return nil
}

// readPrompts reads the prefixes of the two roles.
func (r *repository) readPrompts() error {
	path := filepath.Join(r.root, "config_sentence_transformers.json")
	var c struct {
		Prompts map[string]string `json:"prompts"`
	}
	if err := readJSON(path, &c); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Models for several tasks use these names (jina-embeddings-v3).
	r.query = cmp.Or(c.Prompts["query"], c.Prompts["retrieval.query"])
	r.passage = cmp.Or(c.Prompts["passage"], c.Prompts["retrieval.passage"])
	if document, ok := c.Prompts["document"]; ok {
		if r.passage != "" && r.passage != document {
			return &FileError{
				Path: path, Field: "prompts", Err: fmt.Errorf("%w: %q and %q differ", ErrInvalid, "passage", "document"),
				Hint: "set passage_prefix in a profile",
			}
		}
		r.passage = document
	}
	if r.profile.QueryPrefix != nil {
		r.query = *r.profile.QueryPrefix
	}
	if r.profile.PassagePrefix != nil {
		r.passage = *r.profile.PassagePrefix
	}
	return nil
}

// readLimit finds the length at which texts are cut: the least that the files, the
// position table and the profile allow.
func (r *repository) readLimit() error {
	var st struct {
		MaxSeqLength int  `json:"max_seq_length"`
		LowerCase    bool `json:"do_lower_case"`
	}
	// 1e30 means that the tokenizer has no limit.
	var tok struct {
		Max float64 `json:"model_max_length"`
	}
	stPath := filepath.Join(r.dir, "sentence_bert_config.json")
	if err := readJSON(stPath, &st); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if st.MaxSeqLength < 0 {
		return &FileError{Path: stPath, Field: "max_seq_length", Err: fmt.Errorf("%w: %d", ErrInvalid, st.MaxSeqLength)}
	}
	if err := readJSON(filepath.Join(r.dir, "tokenizer_config.json"), &tok); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.lower = st.LowerCase
	r.limit = r.config.MaxTokens()
	if st.MaxSeqLength > 0 {
		r.limit = min(r.limit, st.MaxSeqLength)
	} else if tok.Max >= 1 && tok.Max < float64(r.limit) {
		r.limit = int(tok.Max)
	}
	if r.profile.MaxTokens > 0 {
		r.limit = min(r.limit, r.profile.MaxTokens)
	}
	return nil
}

// snapshot matches the path of a model in a hub's cache.
var snapshot = regexp.MustCompile(`models--([^/\\]+)[/\\]snapshots[/\\]([^/\\]+)$`)

// name returns the model's name and revision, as far as profile and path say.
func (r *repository) name() (model, revision string) {
	abs, err := filepath.Abs(r.root)
	if err != nil {
		abs = r.root
	}
	model = filepath.Base(abs)
	if m := snapshot.FindStringSubmatch(abs); m != nil {
		model, revision = dashes.ReplaceAllString(m[1], "/"), m[2]
	}
	if r.profile.Name != "" {
		model = r.profile.Name
	}
	return model, revision
}

var dashes = regexp.MustCompile(`--`)

// readJSON reads a file of the model. A missing file is a FileError with fs.ErrNotExist.
func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fs.ErrNotExist
		}
		return &FileError{Path: path, Err: err}
	}
	if err := json.Unmarshal(text, v); err != nil {
		field := ""
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			field = t.Field
		}
		return &FileError{Path: path, Field: field, Err: fmt.Errorf("%w: %w", ErrInvalid, err)}
	}
	return nil
}
