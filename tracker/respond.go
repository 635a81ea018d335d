package tracker

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"go.uber.org/zap"

	"udptorrent/tracker/api"
)

// torrentFile is an answer that is not JSON. It is read while it is sent: slow readers
// would fill the memory with copies.
type torrentFile struct{ *os.File }

// errorLog gives net/http a place for its own complaints: broken connections mostly.
func errorLog(l *zap.Logger) *log.Logger {
	std, err := zap.NewStdLogAt(l, zap.DebugLevel)
	if err != nil {
		return nil // it fails on unknown levels only; nil is the standard logger
	}
	return std
}

// handler makes an http.Handler of h. A panic costs the request, not the tracker.
func (t *Tracker) handler(h handle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				t.log.Error("panic", zap.String("route", r.URL.Path), zap.Any("cause", p), zap.ByteString("stack", debug.Stack()))
				t.refuse(w, r, api.Errorf(api.Internal, "the tracker failed at this request; its log says why"))
			}
		}()
		answer, err := h(t, r)
		if err != nil {
			t.refuse(w, r, err)
			return
		}
		if file, ok := answer.(torrentFile); ok {
			defer file.Close()
			setType(w, "application/x-bittorrent")
			http.ServeContent(w, r, "", time.Time{}, file)
			return
		}
		body, err := json.Marshal(answer)
		if err != nil {
			t.refuse(w, r, err)
			return
		}
		send(w, http.StatusOK, "application/json", body)
	})
}

// refuse sends err. Only an *api.Error is for the client; the cause of any other is
// for the log.
func (t *Tracker) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *api.Error
	if !errors.As(err, &refusal) {
		t.log.Error("failed", zap.String("route", r.URL.Path), zap.String("peer", r.RemoteAddr), zap.Error(err))
		refusal = api.Errorf(api.Internal, "the tracker failed at this request; its log says why")
	}
	t.log.Info("refused", zap.String("route", r.URL.Path), zap.String("peer", r.RemoteAddr),
		zap.String("code", string(refusal.Code)), zap.String("why", refusal.Message))
	body, err := json.Marshal(refusal)
	if err != nil {
		t.log.Error("failed", zap.Error(err))
	}
	send(w, refusal.Code.Status(), "application/json", body)
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	setType(w, contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // a client that is gone has no use for an error
}

// setType says what a body is, and that nobody need guess.
func setType(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
}
