package tracker

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"udptorrent/tracker/api"
)

// A handle answers one request: with a value to send as JSON, with a body, or with the
// error that refuses it.
type handle func(t *Tracker, r *http.Request) (answer any, err error)

// routes is every route of the tracker. Those of BEP 3, /announce and /scrape, and a
// page at / have their places free.
var routes = []struct {
	method, path string
	handle       handle
}{
	{http.MethodPost, "/v1/register", (*Tracker).register},
	{http.MethodPost, "/v1/own", (*Tracker).own},
	{http.MethodPost, "/v1/need", (*Tracker).need},
	{http.MethodPost, "/v1/update", (*Tracker).update},
	{http.MethodPost, "/v1/exit", (*Tracker).exit},
	{http.MethodGet, "/v1/torrents", (*Tracker).list},
	{http.MethodGet, "/v1/torrents/{info_hash}", (*Tracker).torrent},
	{http.MethodGet, "/v1/health", (*Tracker).health},
}

// newServer returns the server of the routes, with its limits.
func (t *Tracker) newServer() *http.Server {
	router := mux.NewRouter()
	for _, route := range routes {
		methods := []string{route.method}
		if route.method == http.MethodGet {
			methods = append(methods, http.MethodHead) // the server leaves out the body
		}
		router.Handle(route.path, t.handler(route.handle)).Methods(methods...)
		router.Handle(route.path, t.wrongMethod(methods))
	}
	router.NotFoundHandler = t.handler(func(_ *Tracker, r *http.Request) (any, error) {
		return nil, api.Errorf(api.NotFound, "there is no %s here", r.URL.Path)
	})
	return &http.Server{
		Handler:           router,
		ReadHeaderTimeout: t.cfg.RequestTimeout,
		ReadTimeout:       t.cfg.RequestTimeout,
		WriteTimeout:      2 * t.cfg.RequestTimeout, // it runs from the start of the request
		IdleTimeout:       4 * t.cfg.RequestTimeout,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          errorLog(t.log),
	}
}

// wrongMethod refuses every method of a path but those that come before it.
func (t *Tracker) wrongMethod(allowed []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		t.refuse(w, r, api.Errorf(api.WrongMethod, "%s is not a method of %s", r.Method, r.URL.Path))
	})
}
