package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/server/keys"
)

// serveKey creates a key: its secret is for the user, its line for the file of keys.
func (a *app) serveKey() *cobra.Command {
	var role, where string
	var collections []string
	c := &cobra.Command{
		Use:   "key NAME",
		Short: "Create a key for the server",
		Example: `  frony-db serve key website --role read --only notes,faq >> keys.txt
  frony-db serve key app --role write --only notes --where 'tenant = "a"' >> keys.txt`,
		Long: `key creates a key. It prints the line for the file of keys to standard output, and
the secret to standard error. The secret is shown only now and stored nowhere.`,
		Args: one("a name"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := keys.ParseRole(role)
			if err != nil {
				return usage.Wrap(err)
			}
			secret := keys.Secret()
			k, err := keys.New(args[0], r, collections, secret)
			if err == nil && where != "" {
				err = k.Bind(where)
			}
			if err != nil {
				return usage.Wrap(err)
			}
			if a.json {
				return a.printJSON(map[string]any{"name": k.Name, "role": role, "collections": collections, "where": where, "line": k.String(), "secret": secret})
			}
			fmt.Fprintf(a.err, "The secret of %s, shown only now:\n  %s\n", k.Name, secret)
			_, err = fmt.Fprintln(a.out, k)
			return err
		},
	}
	c.Flags().StringVar(&role, "role", "read", "read, write or admin")
	c.Flags().StringSliceVar(&collections, "only", nil, "collections that the key gives access to (default: all)")
	c.Flags().StringVar(&where, "where", "", "condition on the documents that the key reads and writes, as 'tenant = \"a\"' (default: all)")
	return c
}

// loadKeys reads the keys from the file and from the environment.
func loadKeys(path string) (*keys.Set, error) {
	var list []*keys.Key
	if path != "" {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("--keys: %w", err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
			return nil, fmt.Errorf("--keys %s is writable by others (mode %o), who could add an admin key; chmod go-w it", path, info.Mode().Perm())
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("--keys: %w", err)
		}
		set, err := keys.Parse(string(b))
		if err != nil {
			return nil, fmt.Errorf("--keys %s: %w", path, err)
		}
		if set.Len() == 0 {
			return nil, fmt.Errorf("--keys %s holds no keys; create one with 'frony-db serve key'", path)
		}
		list = set.Keys()
	}
	var faults []error
	for role := keys.Read; role <= keys.Admin; role++ {
		variable := map[keys.Role]string{keys.Read: "FRONYDB_READ_KEY", keys.Write: "FRONYDB_WRITE_KEY", keys.Admin: "FRONYDB_ADMIN_KEY"}[role]
		secret := os.Getenv(variable)
		if secret == "" {
			continue
		}
		k, err := keys.New("env-"+role.String(), role, nil, secret)
		if err != nil {
			faults = append(faults, fmt.Errorf("variable %s: %w", variable, err))
			continue
		}
		list = append(list, k)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return keys.NewSet(list...)
}
