package api

import (
	"errors"
	"fmt"
	"net/http"
)

// A Code names a kind of refusal. Codes are stable: programs may rely on them.
// A Code is an error too, the one to match with errors.Is.
type Code string

// The codes of the tracker.
const (
	BadRequest      Code = "bad_request"      // the message is malformed
	TooLarge        Code = "too_large"        // the message or the torrent is over a size limit
	BadTorrent      Code = "bad_torrent"      // the .torrent cannot be read
	NodeIDTaken     Code = "node_id_taken"    // another node holds this id
	UnknownNode     Code = "unknown_node"     // no lease: register, then OWN again
	WrongSecret     Code = "wrong_secret"     // the secret is not that of this node
	UnknownTorrent  Code = "unknown_torrent"  // no node ever published it here
	AmbiguousName   Code = "ambiguous_name"   // several torrents have this name
	BadReceipt      Code = "bad_receipt"      // the receipt proves nothing
	ReplayedReceipt Code = "replayed_receipt" // the receipt was counted before
	LimitReached    Code = "limit_reached"    // the tracker holds as many as it may
	NotFound        Code = "not_found"        // no such route
	WrongMethod     Code = "wrong_method"     // the route takes another method
	Internal        Code = "internal"         // the tracker failed; its log says why
)

// statuses is the one place where codes become HTTP status codes.
var statuses = map[Code]int{
	BadRequest:      http.StatusBadRequest,
	TooLarge:        http.StatusRequestEntityTooLarge,
	BadTorrent:      http.StatusUnprocessableEntity,
	NodeIDTaken:     http.StatusConflict,
	UnknownNode:     http.StatusUnauthorized,
	WrongSecret:     http.StatusForbidden,
	UnknownTorrent:  http.StatusNotFound,
	AmbiguousName:   http.StatusConflict,
	BadReceipt:      http.StatusUnprocessableEntity,
	ReplayedReceipt: http.StatusConflict,
	LimitReached:    http.StatusConflict,
	NotFound:        http.StatusNotFound,
	WrongMethod:     http.StatusMethodNotAllowed,
	Internal:        http.StatusInternalServerError,
}

// Status returns the HTTP status that carries c: 500 for a code that is not known.
func (c Code) Status() int {
	if status, ok := statuses[c]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// Error makes a Code the sentinel of the errors that carry it.
func (c Code) Error() string { return string(c) }

// Error is a refusal by the tracker. errors.Is(err, api.UnknownNode) matches by code.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"` // one sentence for a person: what failed, and what to do
}

// Errorf returns an Error of the given code with a formatted sentence.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Message }

// Is reports whether target is the code of e.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// ErrUnreachable matches the error of a request that no tracker answered.
var ErrUnreachable = errors.New("tracker unreachable")

// ErrNoTracker matches the error of a request that something answered which does not
// speak as a tracker does.
var ErrNoTracker = errors.New("not a tracker")

// unreachableError is an ErrUnreachable that names the tracker and the cause.
type unreachableError struct {
	url   string
	cause error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("tracker %s does not answer: %v; start it with bin/tracker, or name another with -tracker", e.url, e.cause)
}

func (e *unreachableError) Is(target error) bool { return target == ErrUnreachable }
func (e *unreachableError) Unwrap() error        { return e.cause }
