package node

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"udptorrent/node/disk"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

func TestSecondNodeOfOneIDIsRefused(t *testing.T) {
	s := newSwarm(t)
	s.node(1)
	other, err := s.open(1, func(c *Config) { c.Folder += "-other" })
	if err != nil {
		t.Fatal(err)
	}
	other.run()
	if err := <-other.done; !errors.Is(err, api.NodeIDTaken) {
		t.Errorf("second node 1: %v", err)
	}
	if st := other.Status(); st.Registered || !strings.Contains(st.Refused, "in use") {
		t.Errorf("status: registered %v, refused: %q", st.Registered, st.Refused)
	}
	if _, err := other.Download(context.Background(), "a", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("download on a node that was refused: %v", err)
	}
}

func TestOpenSaysWhatIsInTheWay(t *testing.T) {
	s := newSwarm(t)
	n := s.node(1)
	file := filepath.Join(s.dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		change func(*Config)
		want   string
	}{
		{"folder in use", func(*Config) {}, "another node uses it"},
		{"port in use", func(c *Config) { c.Folder += "x"; c.Addr = n.Addr() }, "; choose another -addr"},
		{"foreign address", func(c *Config) { c.Folder += "x"; c.Addr = netip.MustParseAddrPort("192.0.2.1:0") }, "192.0.2.1"},
		{"file in the way", func(c *Config) { c.Folder = file }, "in the way"},
		{"id 0", func(c *Config) { c.ID = 0 }, "node id 0"},
		{"no URL", func(c *Config) { c.Tracker = "::" }, "tracker"},
	} {
		_, err := s.open(1, c.change)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.what == "port in use" && strings.Count(err.Error(), n.Addr().String()) != 1 {
			t.Errorf("the address should be named once: %v", err)
		}
	}
	if _, err := s.open(1); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("folder in use: %v", err)
	}
}

func TestNodeWaitsForTheTrackerAndSaysSo(t *testing.T) {
	s := newSwarm(t)
	s.stop()
	notices := make(chan string, 10)
	n, err := s.open(1, func(c *Config) { c.Notice = func(m string) { notices <- m } })
	if err != nil {
		t.Fatal(err)
	}
	n.run()
	if m := <-notices; !strings.Contains(m, s.url) || !strings.Contains(m, "waiting") {
		t.Errorf("notice: %q", m)
	}
	waits := make(chan Progress, 10)
	got := make(chan error, 1)
	go func() {
		_, err := n.Download(context.Background(), "nothing", func(p Progress) { waits <- p })
		got <- err
	}()
	if p := <-waits; p.Phase != PhaseWaiting || p.File != "nothing" || !strings.Contains(p.Message, "waiting for the tracker") {
		t.Errorf("progress: %+v", p)
	}
	s.startTracker()
	if err := <-got; !errors.Is(err, api.UnknownTorrent) {
		t.Errorf("download of what nobody knows: %v", err)
	}
	if m := <-notices; !strings.Contains(m, "again") {
		t.Errorf("notice: %q", m)
	}
}

func TestSendThatWaitsForTheTrackerSaysSo(t *testing.T) {
	s := newSwarm(t)
	s.stop()
	n, err := s.open(1)
	if err != nil {
		t.Fatal(err)
	}
	n.run()
	waits, got := make(chan Progress, 10), make(chan error, 1)
	await := func() {
		got <- n.AwaitTracker(context.Background(), filepath.Join("folder", "file"), func(p Progress) { waits <- p })
	}
	go await()
	if p := <-waits; p.Phase != PhaseWaiting || p.File != "file" || !strings.Contains(p.Message, s.url) {
		t.Errorf("progress: %+v", p)
	}
	s.startTracker()
	if err := <-got; err != nil {
		t.Error(err)
	}
	await()
	if err := <-got; err != nil || len(waits) > 0 {
		t.Errorf("with a tracker: %v, %d reports", err, len(waits))
	}
	n.Close()
	await()
	if err := <-got; !errors.Is(err, ErrClosed) {
		t.Errorf("on a closed node: %v", err)
	}
}

func TestNoticesThatNobodyTakesHoldNobodyUp(t *testing.T) {
	s := newSwarm(t)
	s.stop()
	taken, release := make(chan struct{}), make(chan struct{})
	take := sync.OnceFunc(func() { close(taken) })
	n, err := s.open(1, func(c *Config) { c.Notice = func(string) { take(); <-release } })
	if err != nil {
		t.Fatal(err)
	}
	n.run()
	defer close(release)
	<-taken
	for range 2 * mostNotices {
		n.member.notify("news")
	}
	asked := make(chan struct{})
	go func() { n.member.credentials(); close(asked) }()
	select {
	case <-asked:
	case <-time.After(5 * time.Second):
		t.Fatal("who asks for the secret waits")
	}
	s.startTracker()
	select {
	case <-n.Ready():
	case <-time.After(5 * time.Second):
		t.Fatal("the node does not register")
	}
}

func TestNodeTellsATrackerThatForgotEverything(t *testing.T) {
	s := newSwarm(t)
	n := s.node(1)
	n.share("a", noise(1, 100))
	s.stop()
	if err := os.RemoveAll(filepath.Join(s.dir, "tracker_db")); err != nil {
		t.Fatal(err)
	}
	s.startTracker()
	eventually(t, "a is listed again", func() bool {
		list, err := n.List(context.Background())
		return err == nil && len(list) == 1 && list[0].Owners == 1
	})
}

func TestRestartedNodeServesWhatItSharedWithoutHashing(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 3*mega)
	n := s.node(1)
	shared := n.share("a", content)
	gone := n.share("b", content)
	n.Close()
	if err := os.Remove(gone.Path); err != nil {
		t.Fatal(err)
	}
	n = s.node(1)
	s.node(2).fetch("a", content)
	if n.log.FilterMessage("hashing").Len() != 0 {
		t.Error("the file was hashed again")
	}
	for _, st := range n.Status().Shared {
		if ok := st.Problem == ""; ok != (st.Path == shared.Path) {
			t.Errorf("status: %+v", st)
		}
	}
}

func TestClosedNodeIsForgottenAtOnce(t *testing.T) {
	s := newSwarm(t)
	n, other := s.node(1), s.node(2)
	n.share("a", noise(1, 100))
	began := time.Now()
	n.Close()
	list, err := other.List(context.Background())
	if err != nil || len(list) != 1 || list[0].Owners != 0 {
		t.Errorf("after %v: %+v, %v", time.Since(began), list, err)
	}
	if _, err := n.Send(context.Background(), "a", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("send on a closed node: %v", err)
	}
}

func TestQuestionToATrackerThatForgotTheNodeIsAnswered(t *testing.T) {
	s := newSwarm(t)
	n := s.node(1)
	s.stop()
	if err := os.RemoveAll(filepath.Join(s.dir, "tracker_db")); err != nil {
		t.Fatal(err)
	}
	s.startTracker()
	if _, err := n.Download(context.Background(), "a", nil); !errors.Is(err, api.UnknownTorrent) {
		t.Errorf("download: %v", err)
	}
}

func TestNodeWhoseNewRegistrationWasNotAnsweredListsItsFilesAgain(t *testing.T) {
	s := newSwarm(t)
	var lose atomic.Bool
	lost := make(chan struct{})
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	line := httputil.NewSingleHostReverseProxy(at)
	line.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	line.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.URL.Path, "/register") && lose.CompareAndSwap(true, false) {
			close(lost)
			return errors.New("lost")
		}
		return nil
	}
	server := httptest.NewServer(line)
	defer server.Close()
	n := s.node(1, func(c *Config) { c.Tracker = server.URL })
	n.share("a", noise(1, 100))
	lose.Store(true)
	if err := n.tracker.Exit(context.Background(), api.ExitRequest{Credentials: n.member.credentials()}); err != nil {
		t.Fatal(err)
	}
	<-lost
	other := s.node(2)
	eventually(t, "a is listed again", func() bool {
		list, err := other.List(context.Background())
		return err == nil && len(list) == 1 && list[0].Owners == 1
	})
	n.Close()
}

// A slowTracker takes longer over each OWN than until the next renewal is due, from when it is
// slow, and notes what it is asked from then on.
type slowTracker struct {
	slow atomic.Bool
	mu   sync.Mutex // guards what follows
	said []string
}

func (s *slowTracker) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.slow.Load() {
		said := path.Base(r.URL.Path)
		s.mu.Lock()
		s.said = append(s.said, said)
		s.mu.Unlock()
		if said == "own" {
			time.Sleep(400 * time.Millisecond)
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestLeaseIsRenewedWhileFilesAreAnnounced(t *testing.T) {
	s := newSwarm(t)
	var slow slowTracker
	n := s.node(1, func(c *Config) { c.HTTP = &http.Client{Transport: &slow} })
	var files []torrent.Hash
	for i := range byte(3) {
		files = append(files, n.share(string('a'+rune(i)), noise(i, 100)).InfoHash)
	}
	slow.slow.Store(true)
	n.library.forgotten()
	n.member.wake()
	for _, h := range files {
		eventually(t, "it is told of all files", func() bool { return n.library.knows(h) == wholeOwner })
	}
	slow.mu.Lock()
	defer slow.mu.Unlock()
	if said := strings.Join(slow.said, " "); strings.Count(said, "own") < len(files) || strings.Contains(said, "own own") {
		t.Errorf("the tracker was told: %s", said)
	}
}

func TestNextRenewalIsCountedFromTheEndOfAStep(t *testing.T) {
	n := newSwarm(t).node(1)
	wait, err := n.member.step(context.Background(), time.Now().Add(-time.Minute))
	if err != nil || wait > time.Second {
		t.Errorf("wait %v, %v", wait, err)
	}
}

func TestTakenIDIsFinalUnlessOurOwnAnswerWasLost(t *testing.T) {
	now := time.Now()
	taken := api.Errorf(api.NodeIDTaken, "taken")
	for _, c := range []struct {
		what       string
		err        error
		unanswered bool
		since      time.Time
		want       bool
	}{
		{"taken", taken, false, now, true},
		{"taken, after an attempt without an answer", taken, true, now.Add(-time.Second), false},
		{"taken for long after one", taken, true, now.Add(-time.Minute), true},
		{"full", api.Errorf(api.LimitReached, "full"), false, time.Time{}, false},
		{"broken", api.Errorf(api.Internal, "broken"), false, time.Time{}, false},
		{"malformed", api.Errorf(api.BadRequest, "malformed"), false, time.Time{}, true},
		{"away", api.ErrUnreachable, false, time.Time{}, false},
	} {
		m := &member{answerLost: c.unanswered, takenSince: c.since}
		if got := m.final(c.err, now); got != c.want {
			t.Errorf("%s: final is %v", c.what, got)
		}
	}
}
