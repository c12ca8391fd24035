package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/internal/similar"
)

const defaultConfig = "frony-db.yaml"

// origin is where a setting comes from. The greatest wins.
type origin int

const (
	byDefault origin = iota
	fromFile
	fromVariable
	fromFlag
)

// configure sets the flags that are not on the command line: from environment
// variables, then from the YAML file.
func (a *app) configure(c *cobra.Command) error {
	path := cmp.Or(a.config, os.Getenv("FRONYDB_CONFIG"))
	named := path != ""
	path = cmp.Or(path, defaultConfig)
	file, err := readConfig(path, named)
	if err != nil {
		return err
	}
	if err := checkConfig(c.Root(), path, file); err != nil {
		return err
	}
	a.from = map[string]origin{}
	var faults []error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Name == "help" || f.Name == "version" || f.Name == "config":
			return
		case f.Changed:
			a.from[f.Name] = fromFlag
			return
		}
		if name, v, ok := a.fromEnvironment(f.Name); ok {
			a.from[f.Name] = fromVariable
			if err := f.Value.Set(v); err != nil {
				faults = append(faults, fmt.Errorf("variable %s=%q: %w", name, v, wanted(f, err)))
			}
			return
		}
		if name, v, ok := a.fromFile(file, f.Name); ok {
			a.from[f.Name] = fromFile
			if err := f.Value.Set(flagText(v)); err != nil {
				faults = append(faults, fmt.Errorf("%s: %s: %v: %w", path, name, v, wanted(f, err)))
			}
		}
	})
	if err := errors.Join(faults...); err != nil {
		return usage.Wrap(err)
	}
	return nil
}

// fromEnvironment looks up the variable of a flag, also by the flag's former name.
func (a *app) fromEnvironment(flag string) (name, value string, ok bool) {
	for _, was := range []string{flag, formerName(flag)} {
		name = "FRONYDB_" + strings.ToUpper(strings.ReplaceAll(was, "-", "_"))
		if value, ok = os.LookupEnv(name); ok && was != "" {
			if was != flag {
				a.former(name, "--"+flag)
			}
			return name, value, true
		}
	}
	return "", "", false
}

// fromFile looks up the setting of a flag, also by the flag's former name.
func (a *app) fromFile(file map[string]any, flag string) (name string, value any, ok bool) {
	for _, name := range []string{flag, formerName(flag)} {
		if value, ok := file[name]; ok {
			if name != flag {
				a.former(name, "--"+flag)
			}
			return name, value, true
		}
	}
	return "", nil, false
}

// flagText formats a value of the file for a flag: a list as "a,b", an object as
// "key=value,…".
func flagText(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = fmt.Sprint(e)
		}
		return strings.Join(parts, ",")
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, fmt.Sprintf("%s=%v", k, v[k]))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

func readConfig(path string, named bool) (map[string]any, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, usage.Errorf("settings: %w", err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(b, &file); err != nil {
		return nil, usage.Errorf("settings %s: %w", path, err)
	}
	return file, nil
}

// checkConfig rejects settings that no command has: typos would otherwise be
// ignored silently.
func checkConfig(root *cobra.Command, path string, file map[string]any) error {
	if len(file) == 0 {
		return nil
	}
	known := map[string]bool{}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		slices.Values(c.Commands())(func(sub *cobra.Command) bool { visit(sub); return true })
	}
	visit(root)
	for name := range file {
		if !known[name] && !known[renamed[name]] {
			if meant := similar.Name(name, slices.Sorted(maps.Keys(known))); meant != "" {
				return usage.Errorf("settings %s: there is no setting %q; did you mean %s?", path, name, meant)
			}
			return usage.Errorf("settings %s: there is no setting %q; settings have the names of the flags", path, name)
		}
	}
	return nil
}
