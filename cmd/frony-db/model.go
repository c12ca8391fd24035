package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder/hub"
)

func (a *app) modelCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "model",
		Short: "Download, check, measure and export embedding models",
		Long: `--model, FRONYDB_MODEL, and model: in frony-db.yaml name a model like this:

  builtin                  the model in the program; nothing to download
  path/to/model            a directory in the layout of Sentence Transformers
  OWNER/NAME[@REVISION]    a model of the Hugging Face Hub that 'model pull' has
                           downloaded; searching never uses the network
  openai:MODEL             the OpenAI API, with the key in OPENAI_API_KEY
  upstage:MODEL            the Upstage API, with the key in UPSTAGE_API_KEY
  tei:URL                  Text Embeddings Inference at that address
  ollama:MODEL             Ollama at http://127.0.0.1:11434

With --precomputed there is no model: embeddings come with the documents and the
queries.

More settings of a model, for every command, as flags, environment variables or
in frony-db.yaml:

  --model-url URL          address of another server for openai (any compatible
                           one, including /v1), upstage or ollama
  --model-key-env NAME     environment variable that holds the key for --model-url
  --model-profile FILE     YAML with prefixes, pooling and dims that the model's
                           files do not specify
  --model-engine go|onnx   engine that runs the model (default: what it needs)
  --ort-lib FILE           ONNX Runtime library, for --model-engine onnx
  --int8                   8-bit weights: a quarter of the memory. Collections
                           treat it as a different model
  --threads N              CPU cores per batch (default: all)

The cache is shared with Hugging Face's tools: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT,
HF_TOKEN and HF_HUB_OFFLINE have their usual meaning.`,
		Args: noCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.modelPull(), a.modelList(), a.modelVerify(), a.modelRm(), a.modelPath(),
		a.modelInfo(), a.modelTokenize(), a.modelBench(), a.modelExport(),
	)
	return c
}

// theModel is the model that a verb is about: its argument, or --model.
func (a *app) theModel(args []string) (string, error) {
	if len(args) > 0 && a.models.Name != "" && args[0] != a.models.Name {
		return "", usage.Errorf("the argument %q and --model %q name different models; choose one", args[0], a.models.Name)
	}
	if len(args) > 0 {
		return args[0], nil
	}
	if a.models.Name == "" {
		return "", usage.Errorf("name a model with --model")
	}
	return a.models.Name, nil
}

// modelOrBuiltin is theModel, and builtin if none is named.
func (a *app) modelOrBuiltin(args []string) (string, error) {
	if len(args) == 0 && a.models.Name == "" {
		return "builtin", nil
	}
	return a.theModel(args)
}

// hubError turns an invalid name into a usage error.
func hubError(err error) error {
	if errors.Is(err, hub.ErrInvalid) {
		return usage.Wrap(err)
	}
	return err
}
