package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
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

// usageOfArgs turns argument errors of every verb into usage errors.
func usageOfArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if _, ok := errors.AsType[usage.Error](err); err == nil || ok {
				return err
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

// flagError explains what values a flag takes.
func flagError(err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		err = fmt.Errorf("--%s %q: %w", f.Name, e.GetValue(), wanted(f, e.Unwrap()))
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && e.GetSpecifiedShortnames() != "" {
		err = fmt.Errorf("%w; put -- before arguments that begin with a dash", err)
	}
	return usage.Wrap(err)
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
