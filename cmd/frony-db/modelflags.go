package main

import (
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
)

// registerModel adds the flags that choose a model. Only few users need more than
// its name, so the other flags are listed only by 'frony-db model --help'.
func registerModel(o *models.Opener, f *pflag.FlagSet) {
	f.StringVar(&o.Name, "model", "", "embedding model: builtin, a directory, OWNER/NAME of the hub, or PROVIDER:MODEL\n(default: the collection's own, builtin for a new one); see 'frony-db model --help'")
	f.StringVar(&o.Options.URL, "model-url", "", "address of the provider's server")
	f.StringVar(&o.Options.KeyEnv, "model-key-env", "", "environment variable with the key for --model-url")
	f.StringVar(&o.Options.Profile, "model-profile", "", "YAML file with the model's profile")
	f.StringVar(&o.Options.Engine, "model-engine", "", "go or onnx")
	f.StringVar(&o.Options.ORTLibrary, "ort-lib", "", "ONNX Runtime's library")
	f.BoolVar(&o.Options.Int8, "int8", false, "weights as bytes")
	f.IntVar(&o.Options.Threads, "threads", 0, "cores for one batch")
	for _, name := range []string{"model-url", "model-key-env", "model-profile", "model-engine", "ort-lib", "int8", "threads"} {
		_ = f.MarkHidden(name) // it exists
	}
}
