package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"udptorrent/torrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering returns a client of a server that gives every request the same answer.
func answering(t *testing.T, status int, body string) *Client {
	t.Helper()
	return serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

func serving(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := NewClient(server.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestClientPassesRefusalsOn(t *testing.T) {
	client := answering(t, http.StatusConflict, `{"code":"node_id_taken","message":"node id 3 is in use"}`)
	_, err := client.Register(t.Context(), RegisterRequest{NodeID: 3, Port: 4003})
	if !errors.Is(err, NodeIDTaken) || errors.Is(err, WrongSecret) || err.Error() != "node id 3 is in use" {
		t.Errorf("got %v", err)
	}
}

func TestClientSaysThatNoTrackerAnswers(t *testing.T) {
	server := httptest.NewServer(nil)
	url := server.URL
	server.Close()
	client, err := NewClient(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = client.Exit(t.Context(), ExitRequest{})
	if !errors.Is(err, ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"tracker " + url + " does not answer: ", "; start it with bin/tracker, or name another with -tracker"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if strings.Count(err.Error(), strings.TrimPrefix(url, "http://")) != 1 {
		t.Errorf("the address should be named once: %v", err)
	}
}

func TestClientTellsAnotherServerFromATracker(t *testing.T) {
	for name, client := range map[string]*Client{
		"a page":         answering(t, http.StatusOK, "<html>"),
		"not found":      answering(t, http.StatusNotFound, "<html>"),
		"JSON of others": answering(t, http.StatusInternalServerError, `{"error":"x"}`),
	} {
		if _, err := client.Need(t.Context(), NeedRequest{}); !errors.Is(err, ErrNoTracker) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestClientReadsABoundedAnswer(t *testing.T) {
	client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 1<<20); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	if _, err := client.Torrent(t.Context(), torrent.Hash{1}); !errors.Is(err, ErrNoTracker) {
		t.Errorf("got %v", err)
	}
}

func TestClientEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := serving(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	err := client.Health(ctx)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestClientIgnoresFieldsOfNewerTrackers(t *testing.T) {
	client := answering(t, http.StatusOK, `{"secret":"s","known":true,"mood":"fine"}`)
	if answer, err := client.Register(t.Context(), RegisterRequest{}); err != nil || answer.Secret != "s" || !answer.Known {
		t.Errorf("got %+v, %v", answer, err)
	}
}

func TestTorrentsFollowsCursorsButNotInCircles(t *testing.T) {
	calls := 0
	client := serving(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		switch r.FormValue("after") {
		case "":
			fmt.Fprintf(w, `{"torrents":[{"info_hash":"%s","name":"a"}],"next":"01"}`, aHash)
		default:
			fmt.Fprintf(w, `{"torrents":[{"info_hash":"%s","name":"b"}],"next":"01"}`, aHash)
		}
	})
	all, err := client.Torrents(t.Context())
	if err != nil || len(all) != 2 || all[0].Name != "a" || all[1].Name != "b" || calls != 2 {
		t.Errorf("got %+v after %d calls, %v", all, calls, err)
	}
}

func TestNewClientTakesURLsAndHosts(t *testing.T) {
	for base, want := range map[string]string{
		"localhost:12345":         "http://localhost:12345",
		"http://localhost:12345/": "http://localhost:12345",
		"https://[::1]:8/t/":      "https://[::1]:8/t",
	} {
		if client, err := NewClient(base, nil); err != nil || client.URL() != want {
			t.Errorf("%s: got %v, %v", base, client, err)
		}
	}
	for _, base := range []string{"", "http://", "udp://host:1", "http://a b"} {
		if _, err := NewClient(base, nil); err == nil {
			t.Errorf("%q is taken for a tracker", base)
		}
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for code, status := range statuses {
		if code.Status() != status || status < 400 {
			t.Errorf("%s has status %d", code, code.Status())
		}
	}
	if Code("new").Status() != http.StatusInternalServerError {
		t.Error("an unknown code is no failure")
	}
}

func TestTheHTTPClientSpeaksFromItsAddress(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("all of 127.0.0.0/8 is this machine on Linux only")
	}
	seen := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.RemoteAddr
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	for local, want := range map[netip.Addr]string{
		{}:                               "127.0.0.1:",
		netip.IPv4Unspecified():          "127.0.0.1:",
		netip.MustParseAddr("127.0.0.2"): "127.0.0.2:",
	} {
		client, err := NewClient(server.URL, NewHTTPClient(local))
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Health(t.Context()); err != nil {
			t.Errorf("from %v: %v", local, err)
		} else if got := <-seen; !strings.HasPrefix(got, want) {
			t.Errorf("from %v: seen as %s, want %s", local, got, want)
		}
		client.Close()
	}
}
