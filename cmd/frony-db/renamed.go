package main

import (
	"maps"
	"slices"

	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// renamed maps former names of settings to the new ones. Former names keep working
// until 0.2, as flags, as environment variables and in the settings file.
var renamed = map[string]string{
	"ef":       "ef-search",
	"patience": "queue-factor",
}

// newName translates the former name of a flag, and remembers that it was used.
func (a *app) newName(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if now, ok := renamed[name]; ok {
		a.former(name, "--"+now)
		name = now
	}
	return pflag.NormalizedName(name)
}

// formerName is the former name of a setting, or empty.
func formerName(name string) string {
	for was, now := range renamed {
		if now == name {
			return was
		}
	}
	return ""
}

// former remembers that a former name was used.
func (a *app) former(was, now string) {
	if a.formerNames == nil {
		a.formerNames = map[string]string{}
	}
	a.formerNames[was] = now
}

// tellFormerNames warns of former names that were used.
func (a *app) tellFormerNames() {
	for _, was := range slices.Sorted(maps.Keys(a.formerNames)) {
		a.warnOfFormer(was, a.formerNames[was])
	}
}

func (a *app) warnOfFormer(was, now string) {
	a.log.Warn("a setting was renamed; its former name will be removed in 0.2", "former", was, "new", now)
}

// chooseModel settles whether there is a model. The stronger setting wins:
// --precomputed on the command line over FRONYDB_MODEL.
func (a *app) chooseModel() error {
	switch {
	case a.models.Name == models.None:
		a.former("--model none", "--precomputed")
	case !a.precomputed, a.models.Name != "" && a.from["model"] > a.from["precomputed"]:
	case a.models.Name != "" && a.from["model"] == a.from["precomputed"]:
		return usage.Errorf("--precomputed and --model %s exclude each other; choose one", models.Redacted(a.models.Name))
	default:
		a.models.Name, a.from["model"] = models.None, a.from["precomputed"]
	}
	return nil
}
