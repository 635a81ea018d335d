package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"udptorrent/torrent"
)

// maxAnswer bounds what the client reads of any answer: a full page of listings with
// the longest names, or a torrent in base64, fits.
const maxAnswer = MaxOwnBody + 1<<20

// Client speaks to one tracker. It is safe for concurrent use. Its errors are an
// *Error when the tracker refused, match ErrUnreachable when no tracker answered and
// ErrNoTracker when something else did, and match the error of ctx when that ended.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client of the tracker at base, such as "http://localhost:12345";
// a missing scheme means http. A nil client means NewHTTPClient of no address.
func NewClient(base string, client *http.Client) (*Client, error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("tracker %q is not a URL like http://localhost:12345", base)
	}
	if client == nil {
		client = NewHTTPClient(netip.Addr{})
	}
	return &Client{base: strings.TrimRight(u.String(), "/"), http: client}, nil
}

// NewHTTPClient returns a client that speaks to a tracker from a local address; the zero
// one and the unspecified one are any. The tracker gives out the address that it sees, so
// there is no proxy. A request ends after 10 s.
func NewHTTPClient(local netip.Addr) *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	if local.IsValid() && !local.IsUnspecified() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			MaxIdleConnsPerHost: 8,
			IdleConnTimeout:     45 * time.Second, // sooner than the tracker, which may close just when it is used
			TLSHandshakeTimeout: 5 * time.Second,
		},
	}
}

// URL returns the base URL of the tracker.
func (c *Client) URL() string { return c.base }

// Close closes the idle connections. The client can be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Register joins, or renews the lease. It fails with NodeIDTaken if another node
// holds the id, and with LimitReached if the tracker is full.
func (c *Client) Register(ctx context.Context, req RegisterRequest) (RegisterAnswer, error) {
	var answer RegisterAnswer
	err := c.post(ctx, "/v1/register", req, &answer)
	return answer, err
}

// Own says that the node serves a torrent, or withdraws it. It fails with UnknownTorrent
// if the request only names one that the tracker does not list: then send it whole.
func (c *Client) Own(ctx context.Context, req OwnRequest) error {
	return c.post(ctx, "/v1/own", req, &Empty{})
}

// Need asks who owns a torrent. It fails with UnknownTorrent or AmbiguousName.
func (c *Client) Need(ctx context.Context, req NeedRequest) (NeedAnswer, error) {
	var answer NeedAnswer
	err := c.post(ctx, "/v1/need", req, &answer)
	return answer, err
}

// Update shows the tracker a receipt for a chunk that the node delivered. It fails
// with BadReceipt or ReplayedReceipt, and it is no use to repeat it then.
func (c *Client) Update(ctx context.Context, req UpdateRequest) error {
	return c.post(ctx, "/v1/update", req, &Empty{})
}

// Exit has the tracker forget the node.
func (c *Client) Exit(ctx context.Context, req ExitRequest) error {
	return c.post(ctx, "/v1/exit", req, &Empty{})
}

// Torrents returns everything that the tracker lists, page by page.
func (c *Client) Torrents(ctx context.Context) ([]Listing, error) {
	var all []Listing
	for cursor := ""; ; {
		page, err := c.TorrentsPage(ctx, cursor, MaxPage)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Torrents...)
		// A cursor that does not move on would have us ask for ever.
		if page.Next <= cursor {
			return all, nil
		}
		cursor = page.Next
	}
}

// TorrentsPage returns up to limit listings after cursor, "" being the start.
func (c *Client) TorrentsPage(ctx context.Context, cursor string, limit int) (ListAnswer, error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if cursor != "" {
		query.Set("after", cursor)
	}
	var answer ListAnswer
	err := c.get(ctx, "/v1/torrents?"+query.Encode(), &answer)
	return answer, err
}

// Torrent returns the .torrent file of a torrent. It fails with UnknownTorrent.
func (c *Client) Torrent(ctx context.Context, infoHash torrent.Hash) ([]byte, error) {
	return c.do(ctx, http.MethodGet, "/v1/torrents/"+infoHash.String(), nil)
}

// Health returns nil if the tracker answers.
func (c *Client) Health(ctx context.Context) error { return c.get(ctx, "/v1/health", &Empty{}) }

func (c *Client) get(ctx context.Context, path string, answer any) error {
	body, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return c.decode(body, answer)
}

func (c *Client) post(ctx context.Context, path string, req, answer any) error {
	message, err := json.Marshal(req)
	if err != nil {
		return err
	}
	body, err := c.do(ctx, http.MethodPost, path, message)
	if err != nil {
		return err
	}
	return c.decode(body, answer)
}

// do sends one request and returns the body of a 200.
func (c *Client) do(ctx context.Context, method, path string, message []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	if message != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unanswered(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, c.unanswered(ctx, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("%w: %s answered more than %d bytes", ErrNoTracker, c.base, maxAnswer)
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	refusal := new(Error)
	if json.Unmarshal(body, refusal) == nil && refusal.Code != "" {
		return nil, refusal
	}
	return nil, fmt.Errorf("%w: %s answered %s; name the tracker with -tracker", ErrNoTracker, c.base, resp.Status)
}

// unanswered returns the error of a request that failed on its way. The end of the
// caller's own context says nothing of the tracker; its deadline does.
func (c *Client) unanswered(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("tracker %s: %w", c.base, context.Canceled)
	}
	// The outer layers of the error repeat method, URL and address.
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		err = errno
	}
	return &unreachableError{url: c.base, cause: err}
}

func (c *Client) decode(body []byte, answer any) error {
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("%w: %s answered what is not a message: %v", ErrNoTracker, c.base, err)
	}
	return nil
}
