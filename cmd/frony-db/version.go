package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/quant"
)

// buildVersion is the version of the module that the program was built from, else
// the commit, else "devel".
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{
				"version": buildVersion(), "go": runtime.Version(),
				"platform": runtime.GOOS + "/" + runtime.GOARCH, "kernels": quant.Implementation(),
			}
			if a.json {
				return a.printJSON(v)
			}
			fmt.Fprintf(a.out, "frony-db %s (%s, %s, kernels: %s)\n", v["version"], v["go"], v["platform"], v["kernels"])
			return nil
		},
	}
}
