package node

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

func TestTheRestAfterASetbackDoublesUntilTheTrackerIsTold(t *testing.T) {
	n, _ := quiet(t)
	h, now := torrent.Hash{1}, time.Unix(1000, 0)
	for i, want := range []time.Duration{firstRest, 2 * firstRest, 4 * firstRest} {
		if news := n.library.setBack(h, "full", now); news != (i == 0) {
			t.Errorf("setback %d is news: %v", i, news)
		}
		now = now.Add(want)
		if !n.library.rests(h, now.Add(-1)) || n.library.rests(h, now) {
			t.Errorf("rest %d is not %v", i, want)
		}
	}
	for range 10 {
		n.library.setBack(h, "full", now)
	}
	if n.library.rests(h, now.Add(lastRest)) || !n.library.setBack(h, "too large", now) {
		t.Error("it rests for too long, or another cause is no news")
	}
	n.library.told(h, wholeOwner)
	if n.library.rests(h, now) || !n.library.setBack(h, "full", now) {
		t.Error("what was told has its setback still")
	}
}

// A fullTracker refuses all OWNs once it is full, and counts them.
type fullTracker struct {
	full atomic.Bool
	owns atomic.Int64
}

func (f *fullTracker) RoundTrip(r *http.Request) (*http.Response, error) {
	if !f.full.Load() || !strings.HasSuffix(r.URL.Path, "/own") {
		return http.DefaultTransport.RoundTrip(r)
	}
	f.owns.Add(1)
	w := httptest.NewRecorder()
	w.WriteHeader(api.LimitReached.Status())
	json.NewEncoder(w).Encode(api.Errorf(api.LimitReached, "full"))
	return w.Result(), nil
}

func TestWhatTheTrackerRefusesIsNotSentAgainAtOnce(t *testing.T) {
	s := newSwarm(t)
	var tracker fullTracker
	n := s.node(1, func(c *Config) { c.HTTP = &http.Client{Transport: &tracker} })
	n.share("a", noise(1, 100))
	tracker.full.Store(true)
	n.library.forgotten()
	for range 3 {
		if err := n.announce(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if owns, logged := tracker.owns.Load(), n.log.FilterMessage("tracker does not list a file").Len(); owns != 1 || logged != 1 {
		t.Errorf("%d OWNs, logged %d times", owns, logged)
	}
}

func TestALostTorrentIsLoggedOnceAndKeepsNoOtherFileFromTheTracker(t *testing.T) {
	s := newSwarm(t)
	n := s.node(1)
	lost := n.share("a", noise(1, 100))
	if err := os.Remove(n.folder.TorrentPath(lost.InfoHash)); err != nil {
		t.Fatal(err)
	}
	var others []torrent.Hash
	for i := range byte(3) {
		others = append(others, n.share(string('b'+rune(i)), noise(2+i, 100)).InfoHash)
	}
	n.library.forgotten()
	for range 3 {
		if err := n.announce(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range others {
		if n.library.knows(h) != wholeOwner {
			t.Errorf("the tracker was not told of %v", h)
		}
	}
	if logged := n.log.FilterMessage("tracker does not list a file").Len(); logged != 1 {
		t.Errorf("logged %d times", logged)
	}
	if _, err := n.Send(context.Background(), lost.Path, nil); err != nil || n.library.knows(lost.InfoHash) != wholeOwner {
		t.Errorf("sent again: %v, and the tracker is not told", err)
	}
}
