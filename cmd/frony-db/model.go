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
		Long: `Models go by these names, for --model, FRONYDB_MODEL, or model: in frony-db.yaml:

  builtin                  the one in the program; nothing to download
  path/to/model            a directory in the layout of Sentence Transformers
  OWNER/NAME[@REVISION]    a model of the Hugging Face Hub, once 'model pull' has
                           downloaded it; searching never uses the network
  openai:MODEL             asked over HTTP, with the key in OPENAI_API_KEY
  upstage:MODEL            … with the key in UPSTAGE_API_KEY
  tei:URL                  Text Embeddings Inference at that address
  ollama:MODEL             Ollama, at http://127.0.0.1:11434

With --precomputed there is no model: embeddings come with the documents and the
queries.

More settings of a model, as flags of every command, variables or settings:

  --model-url URL          another address of openai (any server that speaks its
                           protocol; up to and with /v1), upstage or ollama
  --model-key-env NAME     the variable that holds the key for --model-url
  --model-profile FILE     YAML: prefixes, pooling, dims that the files don't tell
  --engine go|onnx         what runs the layers (default: what the model needs)
  --ort-lib FILE           ONNX Runtime's library, for --engine onnx
  --int8                   weights as bytes: a quarter of the memory; to a
                           collection it is another model
  --threads N              cores for one batch (default: all)

The cache is the one of Hugging Face's own tools: HF_HOME, HF_HUB_CACHE,
HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE mean what they mean there.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage.Errorf("unknown command %q; see 'frony-db model --help'", "model "+args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		a.modelPull(), a.modelList(), a.modelVerify(), a.modelRm(), a.modelPath(),
		a.modelInfo(), a.modelTokenize(), a.modelBench(), a.modelExport(),
	)
	return c
}

// theModel is the argument of a verb, or what --model says.
func (a *app) theModel(args []string) (string, error) {
	if len(args) > 0 && a.models.Name != "" && args[0] != a.models.Name {
		return "", usage.Errorf("two models are named: %q and --model %q", args[0], a.models.Name)
	}
	if len(args) > 0 {
		return args[0], nil
	}
	if a.models.Name == "" {
		return "", usage.Errorf("which model? Name one with --model")
	}
	return a.models.Name, nil
}

// hubError tells a wrong name from what went wrong.
func hubError(err error) error {
	if errors.Is(err, hub.ErrInvalid) {
		return usage.Wrap(err)
	}
	return err
}
