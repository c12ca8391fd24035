package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// otlp sends spans by OTLP over HTTP. It implements otlptrace.Client. The official
// client links gRPC for its message types: seven megabytes for one POST (decision
// 0084).
type otlp struct {
	url     string
	headers http.Header
	gzip    bool
	timeout time.Duration
	http    *retryablehttp.Client
}

// otlpEnv reads OTEL_EXPORTER_OTLP_TRACES_name, or OTEL_EXPORTER_OTLP_name.
func otlpEnv(name string) (key, value string) {
	for _, key = range []string{"OTEL_EXPORTER_OTLP_TRACES_" + name, "OTEL_EXPORTER_OTLP_" + name} {
		if value = os.Getenv(key); value != "" {
			break
		}
	}
	return key, value
}

// newOTLP reads the environment and reports every fault in it.
func newOTLP() (*otlp, error) {
	c := &otlp{headers: http.Header{}, timeout: 10 * time.Second, http: retryablehttp.NewClient()}
	c.http.Logger = nil
	c.http.RetryMax = 3
	c.http.ErrorHandler = retryablehttp.PassthroughErrorHandler // the last response says why
	var faults []error
	fault := func(key, value, want string) { faults = append(faults, fmt.Errorf("%s is %q: %s", key, value, want)) }

	if key, v := otlpEnv("PROTOCOL"); v != "" && v != "http/protobuf" {
		fault(key, v, "only http/protobuf is supported, which collectors accept on port 4318")
	}
	key, endpoint := otlpEnv("ENDPOINT")
	u, err := url.Parse(cmp.Or(endpoint, "http://localhost:4318"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		fault(key, endpoint, "want a URL such as http://localhost:4318")
	} else if !strings.HasPrefix(key, "OTEL_EXPORTER_OTLP_TRACES_") {
		u = u.JoinPath("v1", "traces") // the endpoint of traces is used as it is
	}
	c.url = u.String()
	key, list := otlpEnv("HEADERS")
	for pair := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		switch {
		case strings.TrimSpace(pair) == "":
		case !ok || err != nil:
			faults = append(faults, fmt.Errorf("%s: want name=value pairs separated by commas", key)) // the value may be a secret
		default:
			c.headers.Set(strings.TrimSpace(name), value)
		}
	}
	if key, v := otlpEnv("TIMEOUT"); v != "" {
		if ms, err := strconv.Atoi(v); err != nil || ms < 1 {
			fault(key, v, "want milliseconds")
		} else {
			c.timeout = time.Duration(ms) * time.Millisecond
		}
	}
	switch key, v := otlpEnv("COMPRESSION"); v {
	case "", "none":
	case "gzip":
		c.gzip = true
	default:
		fault(key, v, "want gzip or none")
	}
	faults = append(faults, c.certificates())
	return c, errors.Join(faults...)
}

// certificates reads the authorities to trust and the client certificate, if the
// environment names files.
func (c *otlp) certificates() error {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if key, path := otlpEnv("CERTIFICATE"); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s: %s holds no certificate", key, path)
		}
	}
	_, cert := otlpEnv("CLIENT_CERTIFICATE")
	_, certKey := otlpEnv("CLIENT_KEY")
	if cert != "" || certKey != "" {
		pair, err := tls.LoadX509KeyPair(cert, certKey)
		if err != nil {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = conf
	c.http.HTTPClient = &http.Client{Transport: t}
	return nil
}

// Start implements otlptrace.Client.
func (c *otlp) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *otlp) Stop(context.Context) error {
	c.http.HTTPClient.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. TracesData has the encoding of the
// protocol's request.
func (c *otlp) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	if c.gzip {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // to memory
		_ = z.Close()
		body = b.Bytes()
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, c.url, body)
	if err != nil {
		return err
	}
	req.Header = c.headers.Clone()
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("User-Agent", "frony-db/"+buildVersion())
	if c.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("otlp: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 200))
		return fmt.Errorf("otlp: %s: %q", res.Status, why)
	}
	return nil
}
