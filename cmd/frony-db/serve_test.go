//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// serveFor runs serve until the test ends and returns its address.
func serveFor(t testing.TB, args ...string) (url string, log *output, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log = &output{}
	code := make(chan int, 1)
	args = append([]string{"serve", "--db", filepath.Join(t.TempDir(), "db"), "--addr", "127.0.0.1:0"}, args...)
	go func() {
		code <- run(ctx, args, strings.NewReader(""), io.Discard, log)
	}()
	stop = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { stop() })
	return log.await(t, `serves \S+/db at (https?://[^\s"]+)`), log, stop
}

// awaitReady waits until a server has opened its collections.
func awaitReady(t *testing.T, url string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); get(t, http.DefaultClient, url+"/readyz", "") != http.StatusOK; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never became ready")
		}
	}
}

func get(t *testing.T, c *http.Client, url, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestServeStartsAndStops(t *testing.T) {
	url, log, stop := serveFor(t, "--admin-addr", "127.0.0.1:0")
	awaitReady(t, url)
	if code := run(t.Context(), []string{"serve", "health", "--addr", strings.TrimPrefix(url, "http://")}, strings.NewReader(""), io.Discard, io.Discard); code != exitOK {
		t.Errorf("health: exit code %d", code)
	}
	admin := log.await(t, `profiles at (http://[^\s]+/debug/pprof/)`)
	if got := get(t, http.DefaultClient, admin, ""); got != http.StatusOK {
		t.Errorf("profiles: %d", got)
	}
	if got := get(t, http.DefaultClient, url+"/debug/pprof/", ""); got != http.StatusNotFound {
		t.Errorf("profiles on the public port: %d", got)
	}
	if code := stop(); code != exitOK {
		t.Errorf("exit code %d:\n%s", code, log)
	}
	if code := run(t.Context(), []string{"serve", "health", "--addr", strings.TrimPrefix(url, "http://")}, strings.NewReader(""), io.Discard, io.Discard); code == exitOK {
		t.Error("a server that has stopped is healthy")
	}
}

func TestServeRefuses(t *testing.T) {
	t.Setenv("FRONYDB_ADMIN_KEY", "")
	dir := t.TempDir()
	open := filepath.Join(dir, "open.txt")
	if err := os.WriteFile(open, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o666); err != nil {
		t.Fatal(err)
	}
	cert, certKey := certificate(t, dir, "open")
	if err := os.Chmod(certKey, 0o666); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.txt")
	if err := os.WriteFile(empty, []byte("# none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", "0.0.0.0:0"}, "without keys"},
		{[]string{"--addr", ":0"}, "without keys"},
		{[]string{"--addr", "nonsense"}, "nonsense"},
		{[]string{"--admin-addr", "0.0.0.0:0"}, "not a loopback"},
		{[]string{"--tls-cert", "x"}, "go together"},
		{[]string{"--keys", open}, "chmod"},
		{[]string{"--keys", empty}, "no keys"},
		{[]string{"--keys", filepath.Join(dir, "none")}, "none"},
		{[]string{"--log-format", "xml"}, "xml"},
		{[]string{"--tls-cert", cert, "--tls-key", certKey}, "chmod"},
	} {
		var errOut bytes.Buffer
		args := append([]string{"serve", "--db", filepath.Join(dir, "db")}, c.args...)
		if code := run(t.Context(), args, strings.NewReader(""), io.Discard, &errOut); code == exitOK || !strings.Contains(errOut.String(), c.want) {
			t.Errorf("%v: code %d, %s", c.args, code, &errOut)
		}
	}
	t.Setenv("FRONYDB_ADMIN_KEY", "short")
	var errOut bytes.Buffer
	if code := run(t.Context(), []string{"serve", "--db", filepath.Join(dir, "db")}, strings.NewReader(""), io.Discard, &errOut); code == exitOK || !strings.Contains(errOut.String(), "FRONYDB_ADMIN_KEY") {
		t.Errorf("a weak key: code %d, %s", code, &errOut)
	}
}

// makeKey returns a line for the file and the secret.
func makeKey(t *testing.T, args ...string) (line, secret string) {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run(t.Context(), append([]string{"serve", "key"}, args...), strings.NewReader(""), &out, &errOut); code != exitOK {
		t.Fatal(&errOut)
	}
	return out.String(), regexp.MustCompile(`frony_\S+`).FindString(errOut.String())
}

func TestServeReloadsKeys(t *testing.T) {
	line, secret := makeKey(t, "first", "--role", "admin")
	path := filepath.Join(t.TempDir(), "keys.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(line)
	url, log, _ := serveFor(t, "--keys", path, "--log-format", "json")
	url += "/v1/collections"
	if a, b := get(t, http.DefaultClient, url, ""), get(t, http.DefaultClient, url, secret); a != 401 || b != 200 {
		t.Fatal(a, b)
	}
	second, other := makeKey(t, "second")
	write(second)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log.await(t, `(keys reloaded)`)
	if a, b := get(t, http.DefaultClient, url, secret), get(t, http.DefaultClient, url, other); a != 401 || b != 200 {
		t.Fatal(a, b)
	}
	log.await(t, `("took_ms":[0-9.]+)`)
	write("nonsense")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log.await(t, `(keys not reloaded)`)
	if got := get(t, http.DefaultClient, url, other); got != 200 {
		t.Fatal(got)
	}
}

// certificate writes a self-signed certificate and its key.
func certificate(t *testing.T, dir, name string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// A client that offers HTTP/2 hears every refusal that comes before its body is read.
func TestServeRefusalsOverTLS(t *testing.T) {
	line, _ := makeKey(t, "only")
	dir := t.TempDir()
	keyFile := filepath.Join(dir, "keys.txt")
	if err := os.WriteFile(keyFile, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, certKey := certificate(t, dir, "server")
	url, _, _ := serveFor(t, "--keys", keyFile, "--tls-cert", cert, "--tls-key", certKey)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	for range 50 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/collections/x/search", strings.NewReader(`{"text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized || err != nil || !strings.Contains(string(body), "no_key") {
			t.Fatal(res.Status, err, string(body))
		}
	}
}

func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := certificate(t, dir, "first")
	url, log, _ := serveFor(t, "--tls-cert", certFile, "--tls-key", keyFile)
	name := func() string {
		t.Helper()
		// The certificate is inspected, not trusted.
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true,
		}}
		defer client.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/livez", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.ProtoMajor != 1 {
			t.Errorf("HTTP/%d: a refusal would be lost with the connection", res.ProtoMajor)
		}
		return res.TLS.PeerCertificates[0].Subject.CommonName
	}
	if got := name(); got != "first" {
		t.Fatal(got)
	}
	certificate(t, dir, "second")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log.await(t, `(certificate reloaded)`)
	if got := name(); got != "second" {
		t.Fatal(got)
	}
}

// A key's filter is checked when the key is made.
func TestKeyWhere(t *testing.T) {
	c := newCLI(t)
	out := c.ok("serve", "key", "app", "--role", "write", "--only", "notes", "--where", `tenant = "a"`)
	if !strings.HasPrefix(out, "app write sha256:") || !strings.HasSuffix(out, ` notes where tenant = "a"`+"\n") {
		t.Error(out)
	}
	for _, args := range [][]string{{"--where", "tenant ="}, {"--where", "x = 1", "--role", "admin"}} {
		if r := c.run("", append([]string{"serve", "key", "app"}, args...)...); r.code != exitUsage || r.out != "" {
			t.Error(args, r)
		}
	}
}
