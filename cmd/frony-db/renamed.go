package main

import (
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// renamed has the settings of 0.1 by their names before it, which keep working
// as flags, variables and keys of the settings file until 0.2.
var renamed = map[string]string{
	"ef":       "ef-search",
	"patience": "queue-factor",
}

// newName takes a flag by its former name, and remembers that it was used.
func (a *app) newName(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if now, ok := renamed[name]; ok {
		a.former(name, "--"+now)
		name = now
	}
	return pflag.NormalizedName(name)
}

// formerName is what a setting was called before, or empty.
func formerName(name string) string {
	for was, now := range renamed {
		if now == name {
			return was
		}
	}
	return ""
}

// former remembers that a setting was given by a former name.
func (a *app) former(was, now string) {
	if a.formerNames == nil {
		a.formerNames = map[string]string{}
	}
	a.formerNames[was] = now
}

// tellFormerNames logs which settings have new names.
func (a *app) tellFormerNames() {
	for was, now := range a.formerNames {
		a.log.Warn("a setting has a new name; the former one will go with version 0.2", "former", was, "new", now)
	}
}

// chooseModel settles whether there is a model. As for others, the stronger
// setting wins: --precomputed of the command line over FRONYDB_MODEL.
func (a *app) chooseModel() error {
	switch {
	case a.models.Name == models.None:
		a.former("--model none", "--precomputed")
	case !a.precomputed, a.models.Name != "" && a.from["model"] > a.from["precomputed"]:
	case a.models.Name != "" && a.from["model"] == a.from["precomputed"]:
		return usage.Errorf("--precomputed and --model %s: choose one of them", models.Redacted(a.models.Name))
	default:
		a.models.Name, a.from["model"] = models.None, a.from["precomputed"]
	}
	return nil
}
