package tracker

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"go.uber.org/zap"

	"udptorrent/tracker/api"
)

// A body is an answer with a .torrent file in it. The file is read while it is sent: slow
// readers would fill the memory with copies. A body that ends early is shorter than its
// Content-Length says, so a client notices.
type body interface {
	serve(w http.ResponseWriter, r *http.Request)
	io.Closer
}

// torrentFile is the file itself.
type torrentFile struct{ *os.File }

func (f torrentFile) serve(w http.ResponseWriter, r *http.Request) {
	setType(w, "application/x-bittorrent")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// needBody is an api.NeedAnswer with its torrent.
type needBody struct {
	*os.File        // the torrent
	size     int64  // of the file
	rest     []byte // JSON of the answer without its torrent
}

func newNeedBody(file *os.File, answer api.NeedAnswer) (needBody, error) {
	info, err := file.Stat()
	if err != nil {
		return needBody{}, err
	}
	rest, err := json.Marshal(answer)
	return needBody{file, info.Size(), rest}, err
}

func (f needBody) serve(w http.ResponseWriter, _ *http.Request) {
	before, after := `{"torrent":"`, `",`+string(f.rest[1:])
	length := int64(len(before)+len(after)) + (f.size+2)/3*4
	setType(w, "application/json")
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	io.WriteString(w, before)
	encoder := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := io.Copy(encoder, f.File); err != nil || encoder.Close() != nil {
		return
	}
	io.WriteString(w, after)
}

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
		if b, ok := answer.(body); ok {
			defer b.Close()
			b.serve(w, r)
			return
		}
		message, err := json.Marshal(answer)
		if err != nil {
			t.refuse(w, r, err)
			return
		}
		send(w, http.StatusOK, "application/json", message)
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
