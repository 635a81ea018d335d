package node

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// A wiretap notes the OWNs that pass.
type wiretap struct {
	mu   sync.Mutex // guards what follows
	owns []api.OwnRequest
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/own") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var m api.OwnRequest
		if err := json.Unmarshal(body, &m); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.mu.Lock()
		w.owns = append(w.owns, m)
		w.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// said returns the OWNs so far: "part" or "whole", and "file" if the .torrent went along.
func (w *wiretap) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var said []string
	for _, m := range w.owns {
		s := "part"
		if m.Complete {
			s = "whole"
		}
		if len(m.Torrent) > 0 {
			s += "+file"
		}
		said = append(said, s)
	}
	return strings.Join(said, " ")
}

func tapped(w *wiretap) func(*Config) {
	return func(c *Config) { c.HTTP = &http.Client{Transport: w} }
}

func TestTorrentThatTheTrackerHasFromTheNodeIsNotSentAgain(t *testing.T) {
	s := newSwarm(t)
	var w wiretap
	n := s.node(1, tapped(&w))
	h := n.share("a", noise(1, 100)).InfoHash
	n.library.told(h, partOwner)
	if err := n.own(context.Background(), h); err != nil {
		t.Fatal(err)
	}
	if got := w.said(); got != "whole+file whole" {
		t.Errorf("the tracker was told: %s", got)
	}
}

func TestTorrentThatTheTrackerHasForgottenIsSentAgain(t *testing.T) {
	s := newSwarm(t)
	var w wiretap
	n := s.node(1, tapped(&w))
	content := noise(1, 100)
	tor, err := torrent.Create(context.Background(), bytes.NewReader(content), int64(len(content)), torrent.CreateOptions{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	n.announcing <- struct{}{} // nothing else is told meanwhile
	defer func() { <-n.announcing }()
	n.library.told(tor.InfoHash, partOwner)
	if err := n.enlist(context.Background(), tor, wholeOwner); err != nil {
		t.Fatal(err)
	}
	if got := w.said(); got != "whole whole+file" {
		t.Errorf("the tracker was told: %s", got)
	}
}

func TestFileThatIsNotListedIsLoggedOnceUntilItIs(t *testing.T) {
	s := newSwarm(t)
	n := s.node(1)
	s.stop()
	h := n.share("a", noise(1, 100)).InfoHash
	unlisted := func() int { return n.log.FilterMessage("tracker does not list a file").Len() }
	for range 3 {
		if err := n.own(context.Background(), h); err == nil {
			t.Fatal("a tracker that is away took it in")
		}
	}
	if unlisted() != 1 {
		t.Errorf("logged %d times in one outage", unlisted())
	}
	s.startTracker()
	n.logged("serving")
	s.stop()
	n.library.forgotten()
	if err := n.own(context.Background(), h); err == nil {
		t.Fatal("a tracker that is away took it in")
	}
	if unlisted() != 2 {
		t.Errorf("logged %d times in two outages", unlisted())
	}
}
