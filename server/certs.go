package server

import (
	"crypto/tls"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

// Certs is a TLS certificate in two files, which can be reloaded while connections
// are open. Its methods may be called concurrently.
type Certs struct {
	certFile, keyFile string
	now               atomic.Pointer[tls.Certificate]
}

// LoadCerts reads a certificate (with its chain) and its key, both PEM.
func LoadCerts(certFile, keyFile string) (*Certs, error) {
	c := &Certs{certFile: certFile, keyFile: keyFile}
	return c, c.Reload()
}

// Reload reads the files again. A key that others can write is refused. After an error the previous certificate stays.
func (c *Certs) Reload() error {
	info, err := os.Stat(c.keyFile)
	if err != nil {
		return fmt.Errorf("the certificate's key: %w", err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o022 != 0 {
		return fmt.Errorf("the certificate's key %s is writable by others (mode %o), who could put theirs in its place; chmod 600 it", c.keyFile, mode)
	}
	cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", c.certFile, err)
	}
	c.now.Store(&cert)
	return nil
}

// Config is for the listener: TLS 1.2 or later, and HTTP/1 (see Server.HTTPServer).
func (c *Certs) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.now.Load(), nil
		},
	}
}
