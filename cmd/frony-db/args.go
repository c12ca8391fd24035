package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/internal/similar"
)

// verbName is a command's name without the program's.
func verbName(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// one requires exactly one argument.
func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch len(args) {
		case 1:
			return nil
		case 0:
			return usage.Errorf("%s needs %s", verbName(c), what)
		}
		return usage.Errorf("%s takes one argument, %s, but got %d; quote arguments with spaces", verbName(c), what, len(args))
	}
}

// two requires exactly two arguments.
func two(first, second string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usage.Errorf("%s needs %s and %s, but got %d arguments; quote arguments with spaces", verbName(c), first, second, len(args))
		}
		return nil
	}
}

// some requires at least one argument.
func some(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage.Errorf("%s needs %s", verbName(c), what)
		}
		return nil
	}
}

// noCommand refuses a command that does not exist.
func noCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	name := strings.TrimPrefix(c.CommandPath()+" "+args[0], c.Root().Name()+" ")
	c.SuggestionsMinimumDistance = 2
	if like := c.SuggestionsFor(args[0]); len(like) > 0 {
		return usage.Errorf("unknown command %q; did you mean %s?", name, strings.Join(like, " or "))
	}
	if c == c.Root() {
		return usage.Errorf("unknown command %q", name)
	}
	var there []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			there = append(there, sub.Name())
		}
	}
	return usage.Errorf("unknown command %q; want one of %s", name, strings.Join(there, ", "))
}

// usageOfArgs turns argument errors of every verb into usage errors.
func usageOfArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if _, ok := errors.AsType[usage.Error](err); err == nil || ok {
				return err
			}
			if c.HasAvailableSubCommands() {
				return noCommand(c, args)
			}
			if check(c, nil) == nil && check(c, args[:1]) != nil { // even one is too many
				err = fmt.Errorf("%s takes no arguments, but got %q", verbName(c), args)
			}
			return usage.Wrap(err)
		}
	}
	for _, verb := range c.Commands() {
		usageOfArgs(verb)
	}
}

// strict makes the framework's own verbs refuse unknown arguments. By default they
// print the general help and exit with success.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
					return usage.Errorf("no help: there is no command %q", strings.Join(args, " "))
				}
				return nil
			}
		}
	}
}

// flagError explains what values a flag takes, and which one was probably meant.
func flagError(c *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		err = fmt.Errorf("--%s %q: %w", f.Name, e.GetValue(), wanted(f, e.Unwrap()))
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if short := e.GetSpecifiedShortnames(); short != "" {
			err = fmt.Errorf("unknown flag: -%s; put -- before arguments that begin with a dash", short)
		} else if meant := meantFlag(c, e.GetSpecifiedName()); meant != "" {
			err = fmt.Errorf("%w; did you mean %s?", err, meant)
		}
	}
	return usage.Wrap(err)
}

// otherFlags are what other programs call a flag.
var otherFlags = map[string][]string{
	"k":          {"limit", "top", "top-k", "n", "size", "count"},
	"limit":      {"k", "top", "size", "count", "n"},
	"filter":     {"where"},
	"server":     {"url", "host", "addr"},
	"db":         {"database", "dir", "path", "data"},
	"collection": {"name", "table", "index"},
	"output":     {"out", "file", "to"},
}

// meantFlag is the flag of a verb that was probably meant by one that it has not, or "".
func meantFlag(c *cobra.Command, wrote string) string {
	var names []string
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	}
	c.LocalFlags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	for _, name := range names {
		if slices.Contains(otherFlags[name], wrote) {
			return flagOf(c, name)
		}
	}
	if name := similar.Name(wrote, names); name != "" {
		return flagOf(c, name)
	}
	return ""
}

// wanted replaces a parser's error by the values that the flag takes.
func wanted(f *pflag.Flag, err error) error {
	switch f.Value.Type() {
	case "int", "int64":
		return errors.New("want a whole number")
	case "uint", "uint64":
		return errors.New("want a whole number of at least 0")
	case "float32", "float64":
		return errors.New("want a number")
	case "bool":
		return errors.New("want true or false")
	case "duration":
		return errors.New("want a duration with a unit, such as 30s")
	}
	return err
}
