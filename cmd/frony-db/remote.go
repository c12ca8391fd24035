package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/importer"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
)

// serverFlags name the server to use in place of a directory.
type serverFlags struct {
	server  string // its address; empty means none
	key     string
	keyFile string
	caFile  string
}

func (s *serverFlags) registerServer(f *pflag.FlagSet) {
	f.StringVar(&s.server, "server", "", "frony-db server to use instead of --db: HOST[:PORT] or https://HOST[:PORT]")
	f.StringVar(&s.key, "key", "", "the server's key; prefer FRONYDB_KEY, since command lines are visible to others")
	f.StringVar(&s.keyFile, "key-file", "", "file that holds the server's key")
	f.StringVar(&s.caFile, "ca", "", "PEM file of additional certificates to trust, for a server with a private authority")
}

// chooseTarget settles whether a directory, an engine or a server is meant. The stronger
// setting wins: --db on the command line over FRONYDB_SERVER, and vice versa. FRONYDB_ENGINE
// wins over FRONYDB_DB, which the container's image sets.
func (a *app) chooseTarget() error {
	from := a.from
	for _, one := range []struct {
		name, value string
	}{{"engine", a.engine}, {"server", a.server}} {
		if one.value == "" {
			from[one.name] = byDefault
		}
	}
	strongest := max(from["db"], from["engine"], from["server"])
	switch {
	case a.engine != "" && from["engine"] == fromFlag && from["db"] == fromFlag:
		return usage.Errorf("--db %s and --engine %s exclude each other; choose one", a.dir, withoutPassword(a.engine))
	case a.engine != "" && a.server != "" && from["engine"] == strongest && from["server"] == strongest:
		return usage.Errorf("--engine %s and --server %s exclude each other; choose one", withoutPassword(a.engine), a.address())
	case a.server != "" && from["server"] == strongest && from["db"] == strongest:
		return usage.Errorf("--db %s and --server %s exclude each other; choose one", a.dir, a.address())
	}
	if from["engine"] < strongest {
		a.engine = ""
	}
	if from["server"] < strongest {
		a.server = ""
	}
	switch {
	case a.server == "" && max(from["key"], from["key-file"], from["ca"]) == fromFlag:
		return usage.Errorf("--key, --key-file and --ca need --server URL")
	case a.server == "":
		return nil
	case a.models.Name == models.None && from["model"] >= from["server"]:
		return usage.Errorf("--precomputed: a server knows which of its collections have a model; drop --precomputed, or use a directory with --db")
	case a.models.Name != "" && from["model"] >= from["server"]:
		return usage.Errorf("--model %s: a server embeds with its own model; drop --model, or use a directory with --db", models.Redacted(a.models.Name))
	}
	a.models.Name = ""
	return nil
}

// onlyHere marks verbs, and those below them, that need a local directory. Only serve works
// with an engine, too.
func (a *app) onlyHere(verbs ...*cobra.Command) []*cobra.Command {
	for _, v := range verbs {
		a.onlyHere(v.Commands()...)
		v.PreRunE = func(c *cobra.Command, _ []string) error {
			if a.server == "" && (a.engine == "" || c.Name() == "serve" || c.HasParent() && c.Parent().Name() == "serve") {
				return nil
			}
			return usage.Errorf("%s needs a local database and does not work with %s; "+
				"name a directory with --db, or run the command where the server runs", c.Name(), a.place())
		}
	}
	return verbs
}

// address is the server's address without its password, for messages.
func (a *app) address() string {
	if u, err := url.Parse(a.server); err == nil {
		return u.Redacted()
	}
	return a.server
}

// withServer calls f with a client of the server.
func (a *app) withServer(f func(*client.Client) error) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	return a.explain(f(c))
}

func (a *app) client() (*client.Client, error) {
	key, err := a.serverKey()
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = importer.PartsAtOnce // or an import would dial again and again
	if a.caFile != "" {
		if t.TLSClientConfig, err = trusting(a.caFile); err != nil {
			return nil, err
		}
	}
	address := a.server
	if !strings.Contains(address, "://") {
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(strings.Trim(address, "[]"), "7700")
		}
		address = "http://" + address
	}
	c, err := client.New(address, &client.Options{Key: key, HTTP: &http.Client{Transport: t}})
	if err != nil {
		return nil, usage.Errorf("--server %q: want HOST, HOST:PORT, or a URL that begins with http:// or https://", a.address())
	}
	if u, err := url.Parse(address); err == nil && u.Scheme == "http" && key != "" {
		if local, _ := loopback(net.JoinHostPort(u.Hostname(), u.Port())); !local {
			a.log.Warn("the key is sent unencrypted; give the server a certificate and use https", "server", a.address())
		}
	}
	return c, nil
}

// serverKey is the key that the flags name, or empty.
func (a *app) serverKey() (string, error) {
	switch {
	case a.keyFile == "" || a.key != "" && a.from["key"] > a.from["key-file"]:
		return a.key, nil
	case a.key != "" && a.from["key"] == a.from["key-file"]:
		return "", usage.Errorf("--key and --key-file exclude each other; choose one of them")
	}
	info, err := os.Stat(a.keyFile)
	if err != nil {
		return "", fmt.Errorf("--key-file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		a.log.Warn("the key file is readable by others; chmod 600 it", "file", a.keyFile)
	}
	b, err := os.ReadFile(a.keyFile)
	if err != nil {
		return "", fmt.Errorf("--key-file: %w", err)
	}
	key := string(bytes.TrimSpace(b))
	if key == "" {
		return "", fmt.Errorf("--key-file %s is empty; put the secret into it that 'frony-db serve key' prints", a.keyFile)
	}
	return key, nil
}

// trusting is a TLS configuration that trusts the certificates of a file in addition
// to those of the system.
func trusting(path string) (*tls.Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("--ca %s holds no certificate (PEM)", path)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// explain adds hints to the errors of a connection to a server.
func (a *app) explain(err error) error {
	if e, ok := errors.AsType[*client.Error](err); ok {
		switch e.Code {
		case "no_key":
			return fmt.Errorf("the server %s requires a key; set FRONYDB_KEY, or name a file with --key-file", a.address())
		case "wrong_key":
			return fmt.Errorf("the server %s does not know this key", a.address())
		case "http", "no_route":
			return fmt.Errorf("%w; is %s a frony-db server?", err, a.address())
		}
		return err
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
			return fmt.Errorf("the server %s: %w; name its authority with --ca", a.address(), e.Err)
		}
		return fmt.Errorf("the server %s can't be reached: %w; is 'frony-db serve' running there?", a.address(), e.Err)
	}
	return err
}
