package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

func TestMain(m *testing.M) {
	if runAsTracker() {
		return
	}
	goleak.VerifyTestMain(m)
}

// A world is a tracker under test, spoken to through its handler and no network.
type world struct {
	testing.TB
	tracker *Tracker
}

// newWorld opens a tracker on cfg.DB, or on a new folder.
func newWorld(t testing.TB, cfg Config) *world {
	t.Helper()
	if cfg.DB == "" {
		cfg.DB = t.TempDir()
	}
	tracker, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tracker.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t, tracker}
}

// file makes the torrent of a file of that name; its bytes are all the same.
func (w *world) file(name string, length int64) *torrent.Torrent {
	w.Helper()
	t, err := torrent.Create(context.Background(), strings.NewReader(strings.Repeat(name[:1], int(length))), length, torrent.CreateOptions{Name: name})
	if err != nil {
		w.Fatal(err)
	}
	return t
}

// join registers a node at 192.0.2.1, with port 4000 plus its id.
func (w *world) join(id int) api.Credentials {
	w.Helper()
	var answer api.RegisterAnswer
	w.must("/v1/register", api.RegisterRequest{NodeID: id, Port: 4000 + id}, &answer)
	return api.Credentials{NodeID: id, Secret: answer.Secret}
}

// own makes a node an owner.
func (w *world) own(c api.Credentials, t *torrent.Torrent) torrent.Hash {
	w.Helper()
	w.must("/v1/own", api.OwnRequest{Credentials: c, Torrent: t.Bytes(), Complete: true}, nil)
	return t.InfoHash
}

// need returns the ids of the owners that c is told of.
func (w *world) need(c api.Credentials, infoHash torrent.Hash) []int {
	w.Helper()
	var answer api.NeedAnswer
	w.must("/v1/need", api.NeedRequest{Credentials: c, InfoHash: infoHash}, &answer)
	ids := []int{}
	for _, o := range answer.Owners {
		ids = append(ids, o.NodeID)
	}
	return ids
}

// must sends a message that is to succeed.
func (w *world) must(path string, message, answer any) {
	w.Helper()
	if err := w.try(path, message, answer); err != nil {
		w.Fatalf("%s: %v", path, err)
	}
}

// refused sends a message that is to be refused with code.
func (w *world) refused(path string, message any, code api.Code) {
	w.Helper()
	if err := w.try(path, message, nil); !errors.Is(err, code) {
		w.Errorf("%s %+v: got %v, want %s", path, message, err, code)
	}
}

func (w *world) try(path string, message, answer any) error {
	w.Helper()
	status, body := serve(w.tracker, path, message)
	if status != http.StatusOK {
		refusal := new(api.Error)
		if err := json.Unmarshal(body, refusal); err != nil {
			w.Fatalf("%s: status %d with body %q", path, status, body)
		}
		return refusal
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(body, answer)
}

// serve sends a message to the handler of t, from 192.0.2.1.
func serve(t *Tracker, path string, message any) (status int, body []byte) {
	b, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return serveBytes(t, path, b)
}

func serveBytes(t *Tracker, path string, message []byte) (status int, body []byte) {
	w := httptest.NewRecorder()
	t.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(message)))
	return w.Code, w.Body.Bytes()
}

// page returns the first page of the list.
func (w *world) page() (page api.ListAnswer) {
	w.Helper()
	r := httptest.NewRecorder()
	w.tracker.Handler().ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/v1/torrents", nil))
	if err := json.Unmarshal(r.Body.Bytes(), &page); err != nil || r.Code != http.StatusOK {
		w.Fatalf("list: status %d, %v", r.Code, err)
	}
	return page
}
