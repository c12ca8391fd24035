package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	userAgent = "frony-db"
	// maxWait is the longest wait between attempts that the Hub may ask for.
	maxWait = time.Minute
	// maxInfo limits the size of the description of a repository.
	maxInfo = 32 << 20
)

func (h *Hub) newClient(rt http.RoundTripper) *retryablehttp.Client {
	if rt == nil {
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t = t.Clone()
			t.ResponseHeaderTimeout = 30 * time.Second
			rt = t
		}
	}
	return &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: rt, CheckRedirect: redirect},
		RetryMax:     h.attempts - 1,
		RetryWaitMin: h.wait,
		RetryWaitMax: maxWait,
		CheckRetry:   retry,
		Backoff:      retryablehttp.DefaultBackoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// redirect keeps the token at the host it is meant for: files are served by other
// hosts, at signed addresses. A HEAD does not leave the host, because the redirect
// itself carries the file's hash and length.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errors.New("stopped after 10 redirects")
	}
	if origin := via[0].URL; req.URL.Host != origin.Host || req.URL.Scheme != origin.Scheme {
		if via[0].Method == http.MethodHead {
			return http.ErrUseLastResponse
		}
		req.Header.Del("Authorization")
	}
	return nil
}

// retry is retryablehttp's policy, except that there is no retry if the Hub asks for a
// longer wait than maxWait.
func retry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if resp != nil && retryAfter(resp) > maxWait {
		return false, nil
	}
	return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
}

func retryAfter(resp *http.Response) time.Duration {
	v := resp.Header.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return time.Until(t)
	}
	return 0
}

// do sends a request for path, which is escaped, below the endpoint. A status of 400
// or more becomes an *Error.
func (h *Hub) do(ctx context.Context, method, path string, header http.Header) (*http.Response, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, method, h.endpoint.String()+path, nil)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", "identity") // lengths and ranges are the file's own
	if h.token != "" {
		req.Header.Set("Authorization", "Bearer "+h.token)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, h.unreachable(err)
	}
	if resp.StatusCode >= 400 {
		defer func() { _ = resp.Body.Close() }()
		return nil, h.refusal(resp)
	}
	return resp, nil
}

// unreachable explains a connection error.
func (h *Hub) unreachable(err error) error {
	hint := "check the connection, or set HF_ENDPOINT to a mirror; models in the cache work without a network"
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		hint = fmt.Sprintf("the name %s can't be resolved: %s", d.Name, hint)
	}
	return &Error{Err: fmt.Errorf("%w: %w", ErrNetwork, err), Hint: hint}
}

// refusal explains a status of 400 or more.
func (h *Hub) refusal(resp *http.Response) error {
	e := &Error{Status: resp.StatusCode}
	code := resp.Header.Get("X-Error-Code")
	switch {
	case code == "GatedRepo":
		e.Err = ErrForbidden
		e.Hint = "the repository is gated: accept its terms on its page, then set HF_TOKEN to a token of that account"
	case code == "RevisionNotFound":
		e.Err = fmt.Errorf("revision %w", ErrNotFound)
		e.Hint = "check the branch, tag or commit"
	case code == "EntryNotFound":
		e.Err = fmt.Errorf("file %w", ErrNotFound)
	case resp.StatusCode == http.StatusUnauthorized && h.token == "":
		e.Err = ErrUnauthorized
		e.Hint = "the repository is private or doesn't exist: check the name, or set HF_TOKEN to a token that can read it"
	case resp.StatusCode == http.StatusUnauthorized:
		e.Err = ErrUnauthorized
		e.Hint = "the token was refused, or the repository doesn't exist: check HF_TOKEN and the name"
	case resp.StatusCode == http.StatusForbidden:
		e.Err = ErrForbidden
		e.Hint = "the token has no access to this repository: ask for it on the repository's page, or use another token"
	case resp.StatusCode == http.StatusNotFound:
		e.Err = ErrNotFound
		e.Hint = "check the repository's name and the revision; a private repository needs HF_TOKEN"
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Err = ErrRateLimited
		e.Hint = "try again later; requests with a token (HF_TOKEN) have a higher limit"
		if d := retryAfter(resp); d > 0 {
			e.Hint = fmt.Sprintf("try again in %v; requests with a token (HF_TOKEN) have a higher limit", d.Round(time.Second))
		}
	case resp.StatusCode >= 500:
		e.Err = ErrServer
		e.Hint = "the Hub has trouble: try again later, or set HF_ENDPOINT to a mirror"
	default:
		e.Err = fmt.Errorf("the Hub answered %s", resp.Status)
	}
	return e
}

func (h *Hub) resolvePath(r repo, commit, name string) string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "/%s/resolve/%s", r.id, url.PathEscape(commit))
	for part := range strings.SplitSeq(name, "/") {
		sb.WriteString("/" + url.PathEscape(part))
	}
	return sb.String()
}

// info asks which commit a revision points at, and which files it has.
func (h *Hub) info(ctx context.Context, r repo, revision string) (commit string, files []string, err error) {
	resp, err := h.do(ctx, http.MethodGet, "/api/models/"+r.id+"/revision/"+url.PathEscape(revision), nil)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var v struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name string `json:"rfilename"`
		} `json:"siblings"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxInfo)).Decode(&v); err != nil {
		return "", nil, &Error{Err: fmt.Errorf("%w: the description of the repository: %w", ErrServer, err), Hint: "is " + h.endpoint.String() + " a Hugging Face endpoint?"}
	}
	if !commitName.MatchString(v.SHA) {
		return "", nil, &Error{Err: fmt.Errorf("%w: commit %q", ErrServer, v.SHA), Hint: "is " + h.endpoint.String() + " a Hugging Face endpoint?"}
	}
	for _, s := range v.Siblings {
		files = append(files, s.Name)
	}
	return v.SHA, files, nil
}

// head asks for a file's hash and length.
func (h *Hub) head(ctx context.Context, r repo, commit, name string) (file, error) {
	resp, err := h.do(ctx, http.MethodHead, h.resolvePath(r, commit, name), nil)
	if err != nil {
		return file{}, err
	}
	_ = resp.Body.Close()
	f := file{Path: name, Size: -1, ETag: etag(cmp.Or(resp.Header.Get("X-Linked-Etag"), resp.Header.Get("ETag")))}
	if n, err := strconv.ParseInt(resp.Header.Get("X-Linked-Size"), 10, 64); err == nil {
		f.Size = n
	} else if resp.StatusCode < 300 {
		f.Size = resp.ContentLength
	}
	if c := resp.Header.Get("X-Repo-Commit"); c != "" && c != commit {
		return file{}, &Error{Err: fmt.Errorf("%w: asked for commit %s, got %s", ErrServer, commit, c)}
	}
	if err := f.check(); err != nil {
		return file{}, &Error{Err: fmt.Errorf("%w: %w", ErrServer, err), Hint: "is " + h.endpoint.String() + " a Hugging Face endpoint?"}
	}
	return f, nil
}

// etag strips an ETag header's quotes and weakness marker.
func etag(v string) string { return strings.Trim(strings.TrimPrefix(v, "W/"), `"`) }
