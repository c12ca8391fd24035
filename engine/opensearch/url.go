package opensearch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings are what a URL says.
type settings struct {
	nodes          []string // base URLs
	user, password string
	prefix         string // of the names of indices and aliases
	shards         int
	replicas       int // -1: as many as there are nodes for, up to one
	refresh        string
	timeout        time.Duration // of an attempt
	tls            *tls.Config
}

const (
	defaultPrefix  = "frony"
	defaultTimeout = 10 * time.Second
)

// parseURL reads opensearch://user:password@host:9200,host2:9200/prefix?shards=4. It is
// not url.Parse, which refuses several hosts, and no error of it has the password.
func parseURL(s string) (*settings, error) {
	o := &settings{prefix: defaultPrefix, shards: 1, replicas: -1, refresh: "true", timeout: defaultTimeout}
	scheme, rest, _ := strings.Cut(s, "://")
	rest, query, _ := strings.Cut(rest, "?")
	rest, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		var err error
		user, password, _ := strings.Cut(rest[:at], ":")
		if o.user, err = url.PathUnescape(user); err == nil {
			o.password, err = url.PathUnescape(password)
		}
		if err != nil {
			return nil, errors.New("user and password in the URL must be escaped with %")
		}
		rest = rest[at+1:]
	}
	if path != "" {
		o.prefix = path
	}
	if err := checkPrefix(o.prefix); err != nil {
		return nil, err
	}
	secure := scheme == "opensearchs"
	ca := ""
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("settings behind ? of the URL: %w", err)
	}
	for name := range values {
		v := values.Get(name)
		switch name {
		case "shards":
			o.shards, err = number(v, 1, 1024)
		case "replicas":
			o.replicas, err = number(v, 0, 32)
		case "refresh":
			if o.refresh = v; v != "true" && v != "wait_for" {
				err = errors.New("want true or wait_for")
			}
		case "timeout":
			if o.timeout, err = time.ParseDuration(v); err == nil && o.timeout < 100*time.Millisecond {
				err = errors.New("want 100ms or more")
			}
		case "tls":
			secure, err = strconv.ParseBool(v)
		case "ca":
			ca = v
		default:
			err = errors.New("no such setting; there are shards, replicas, refresh, timeout, tls and ca")
		}
		if err != nil {
			return nil, fmt.Errorf("%s=%s in the URL: %w", name, v, err)
		}
	}
	scheme = "http"
	if secure {
		scheme, o.tls = "https", &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if ca != "" {
		if o.tls == nil {
			return nil, errors.New("ca in the URL is for opensearchs://")
		}
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("ca in the URL: %w", err)
		}
		o.tls.RootCAs = x509.NewCertPool()
		if !o.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca in the URL: %s has no certificates in PEM form", ca)
		}
	}
	for host := range strings.SplitSeq(rest, ",") {
		if host == "" {
			return nil, errors.New("the URL names no host, such as opensearch://host:9200")
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), "9200")
		}
		u, err := url.Parse(scheme + "://" + host)
		if err != nil || u.Hostname() == "" || u.Port() == "" {
			return nil, fmt.Errorf("%q in the URL is no host with a port", host)
		}
		o.nodes = append(o.nodes, u.String())
	}
	return o, nil
}

func number(s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("want a number from %d to %d", least, most)
	}
	return n, nil
}

// checkPrefix refuses what OpenSearch does not take as the beginning of an index's name.
func checkPrefix(s string) error {
	bad := strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' })
	if bad >= 0 || s[0] == '-' || s[0] == '_' || len(s) > 100 {
		return fmt.Errorf("%q in the URL names no set of indices: lower-case letters, digits, - and _", s)
	}
	return nil
}
