package node

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"udptorrent/tracker/api"
)

// A fickleWay is one to a tracker on which the next NEEDs end as it is told: lost, or refused.
type fickleWay struct {
	mu    sync.Mutex // guards needs
	needs []error
}

func (f *fickleWay) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !strings.HasSuffix(r.URL.Path, "/need") || len(f.needs) == 0 {
		return http.DefaultTransport.RoundTrip(r)
	}
	err := f.needs[0]
	f.needs = f.needs[1:]
	if refusal := (*api.Error)(nil); errors.As(err, &refusal) {
		w := httptest.NewRecorder()
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(refusal)
		return w.Result(), nil
	}
	return nil, err
}

// A hungTracker does not answer messages of one kind while it hangs, and counts them.
type hungTracker struct {
	kind  string // the end of its path
	hangs atomic.Bool
	asked atomic.Int64
}

func (h *hungTracker) RoundTrip(r *http.Request) (*http.Response, error) {
	if !h.hangs.Load() || !strings.HasSuffix(r.URL.Path, h.kind) {
		return http.DefaultTransport.RoundTrip(r)
	}
	h.asked.Add(1)
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// behind is an option: the node's tracker is h, and a message to it ends after so long.
func behind(h *hungTracker, timeout time.Duration) func(*Config) {
	return func(c *Config) { c.HTTP = &http.Client{Transport: h, Timeout: timeout} }
}

// The tracker may forget the node twice while a person waits for one answer.
func TestNodeThatIsForgottenTwiceIsAnswered(t *testing.T) {
	s := newSwarm(t)
	h := s.node(1).share("a", noise(1, 100)).InfoHash
	var way fickleWay
	n := s.node(2, func(c *Config) { c.HTTP = &http.Client{Transport: &way} })
	forgotten, lost := api.Errorf(api.UnknownNode, "who is that"), errors.New("lost")
	for what, test := range map[string]struct {
		needs []error
		want  error
	}{
		"forgotten twice":       {[]error{forgotten, lost, forgotten}, nil},
		"no tracker":            {[]error{lost, lost, lost}, api.ErrUnreachable},
		"forgotten every time":  {[]error{forgotten, forgotten, forgotten, forgotten}, api.UnknownNode},
		"forgotten, then alone": {[]error{forgotten, lost, lost, lost}, api.ErrUnreachable},
	} {
		way.mu.Lock()
		way.needs = test.needs
		way.mu.Unlock()
		answer, err := n.need(context.Background(), api.NeedRequest{InfoHash: h})
		if !errors.Is(err, test.want) || test.want == nil && len(answer.Owners) != 1 {
			t.Errorf("%s: %v, %v", what, answer, err)
		}
	}
}

func TestATrackerThatDoesNotAnswerIsAskedOnceAndAPersonIsTold(t *testing.T) {
	s := newSwarm(t)
	tracker := hungTracker{kind: "/need"}
	n := s.node(1, behind(&tracker, 5*reportEvery))
	tracker.hangs.Store(true)
	w := n.start("a", func() {})
	<-w.done
	if !errors.Is(w.err, api.ErrUnreachable) || tracker.asked.Load() != 1 {
		t.Errorf("asked %d times: %v", tracker.asked.Load(), w.err)
	}
	if !w.saw("asking the tracker " + s.url) {
		t.Error("nothing was said meanwhile")
	}
}
