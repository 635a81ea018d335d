package node

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"udptorrent/node/disk"
	"udptorrent/segment"
	"udptorrent/segment/segmenttest"
)

// A lateTracker answers a REGISTER so much later than it takes it in, and notes what it is told.
// Its messages come one after the other.
type lateTracker struct {
	late  time.Duration
	pass  http.RoundTripper
	taken chan struct{} // gets one for each REGISTER that is taken in
	told  []string
}

func newLateTracker(late time.Duration, pass http.RoundTripper) *lateTracker {
	return &lateTracker{late: late, pass: pass, taken: make(chan struct{}, 10)}
}

func (l *lateTracker) RoundTrip(r *http.Request) (*http.Response, error) {
	said := path.Base(r.URL.Path)
	l.told = append(l.told, said)
	answer, err := l.pass.RoundTrip(r)
	if said != "register" || err != nil {
		return answer, err
	}
	l.taken <- struct{}{}
	select {
	case <-time.After(l.late):
		return answer, nil
	case <-r.Context().Done():
		answer.Body.Close()
		return nil, r.Context().Err()
	}
}

// A yes is a tracker that agrees to everything.
type yes struct{}

func (yes) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	io.WriteString(w, `{"secret": "s", "node_interval_ms": 20000, "tracker_interval_ms": 22000}`)
	return w.Result(), nil
}

func TestIDOfANodeThatClosesWhileItRegistersIsFreeAtOnce(t *testing.T) {
	s := newSwarm(t)
	late := newLateTracker(100*time.Millisecond, http.DefaultTransport)
	n, err := s.open(1, func(c *Config) { c.HTTP = &http.Client{Transport: late} })
	if err != nil {
		t.Fatal(err)
	}
	n.run()
	<-late.taken
	n.Close()
	s.node(1, func(c *Config) { c.Folder += "-other" }) // which has no secret
}

func TestNodeThatClosesWaitsForARegisterThatIsOutButNotForEver(t *testing.T) {
	for _, c := range []struct {
		late, takes  time.Duration
		told, secret string
	}{
		{time.Second, time.Second, "register exit", "s"},
		{time.Hour, farewell, "register", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			late := newLateTracker(c.late, yes{})
			folder := filepath.Join(t.TempDir(), "node1")
			n, err := Open(Config{
				ID: 1, Tracker: "http://tracker", Folder: folder, HTTP: &http.Client{Transport: late},
				Listen: func(netip.AddrPort) (segment.Socket, error) { return segmenttest.New(1).Host(1), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- n.Run(context.Background()) }()
			<-late.taken
			began := time.Now()
			n.Close()
			if told := strings.Join(late.told, " "); told != c.told || time.Since(began) != c.takes {
				t.Errorf("answer after %v: told %s, closed after %v", c.late, told, time.Since(began))
			}
			if secret := keptSecret(t, folder); secret != c.secret {
				t.Errorf("answer after %v: the secret %q is kept", c.late, secret)
			}
			if err := <-done; err != nil {
				t.Errorf("answer after %v: Run ended with %v", c.late, err)
			}
		})
	}
}

// keptSecret returns what the folder of a node that is closed remembers.
func keptSecret(t *testing.T, path string) string {
	t.Helper()
	folder, err := disk.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	secret, err := folder.Secret()
	if err != nil {
		t.Fatal(err)
	}
	return secret
}
