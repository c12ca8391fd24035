package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// verbName is what a command is called behind the program's name.
func verbName(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// one wants exactly one argument.
func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch len(args) {
		case 1:
			return nil
		case 0:
			return usage.Errorf("%s wants %s", verbName(c), what)
		}
		return usage.Errorf("%s wants one argument, %s, and got %d; quote what has spaces", verbName(c), what, len(args))
	}
}

// some wants at least one argument.
func some(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage.Errorf("%s wants %s", verbName(c), what)
		}
		return nil
	}
}

// usageOfArgs makes wrong arguments a wrong command line, for every verb.
func usageOfArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if _, ok := errors.AsType[usage.Error](err); err == nil || ok {
				return err
			}
			if check(c, nil) == nil && check(c, args[:1]) != nil { // the first is one too many
				err = fmt.Errorf("%s takes no arguments, and got %q", verbName(c), args)
			}
			return usage.Wrap(err)
		}
	}
	for _, verb := range c.Commands() {
		usageOfArgs(verb)
	}
}

// strict makes the framework's own verbs refuse what they don't know: they
// would print the help of all and end well.
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
					return usage.Errorf("there is no command %q to help with", strings.Join(args, " "))
				}
				return nil
			}
		}
	}
}

// flagError says what a flag wants, in the words of people.
func flagError(err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		err = fmt.Errorf("--%s %q: %w", f.Name, e.GetValue(), wanted(f, e.Unwrap()))
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && e.GetSpecifiedShortnames() != "" {
		err = fmt.Errorf("%w; put -- before an argument that begins with a dash", err)
	}
	return usage.Wrap(err)
}

// wanted says what values a flag takes, in place of what its parser says.
func wanted(f *pflag.Flag, err error) error {
	switch f.Value.Type() {
	case "int", "int64":
		return errors.New("want a whole number")
	case "uint", "uint64":
		return errors.New("want a whole number, 0 or more")
	case "float32", "float64":
		return errors.New("want a number")
	case "bool":
		return errors.New("want true or false")
	case "duration":
		return errors.New("want a time with its unit, as 30s")
	}
	return err
}
