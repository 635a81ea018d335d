package repl

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"udptorrent/node"
	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// jsonLines is the view for scripts: one JSON object a line, described in
// docs/commands.md. Errors go to standard error as well, for whoever reads that.
type jsonLines struct {
	out, err io.Writer
	last     node.Progress
	shownAt  time.Time
}

// header begins every event.
type header struct {
	Event   string `json:"event"`
	Command Verb   `json:"command,omitempty"`
	Name    string `json:"name,omitempty"` // of a download beside other commands
}

func head(event string, cmd Command) header {
	h := header{Event: event, Command: cmd.Verb}
	if cmd.Beside {
		h.Name = cmd.Name
	}
	return h
}

func (v *jsonLines) write(event any) {
	enc := json.NewEncoder(v.out) // one Write and one line for each event
	enc.SetEscapeHTML(false)
	if err := enc.Encode(event); err != nil { // a number that JSON has not, such as NaN
		fmt.Fprintln(v.err, "error: "+oneLine(err.Error()))
	}
}

const jsonEvery = 200 * time.Millisecond

type progressEvent struct {
	header
	progressJSON
}

// progressJSON adds to node.Progress what JSON has other units for.
type progressJSON struct {
	node.Progress
	ETA    *float64    `json:"eta_seconds"` // null is unknown
	Owners []ownerJSON `json:"owners"`
}

type ownerJSON struct {
	node.OwnerProgress
	RTT float64 `json:"rtt_ms"`
}

func newProgressJSON(p node.Progress) progressJSON {
	j := progressJSON{Progress: p, Owners: []ownerJSON{}}
	j.Rate = math.Round(p.Rate)
	if p.ETA >= 0 && p.Rate > 0 {
		seconds := math.Round(p.ETA.Seconds()*10) / 10
		j.ETA = &seconds
	}
	for _, o := range p.Owners {
		o.Rate = math.Round(o.Rate)
		j.Owners = append(j.Owners, ownerJSON{o, float64(o.RTT.Microseconds()) / 1000})
	}
	return j
}

func (v *jsonLines) progress(cmd Command, p node.Progress, now time.Time) {
	news := p.Phase != v.last.Phase || p.Message != v.last.Message
	if !news && now.Sub(v.shownAt) < jsonEvery {
		return
	}
	v.last, v.shownAt = p, now
	v.write(progressEvent{head("progress", cmd), newProgressJSON(p)})
}

func (v *jsonLines) beside(cmd Command, p node.Progress, _ time.Time) {
	v.write(progressEvent{head("progress", cmd), newProgressJSON(p)})
}

func (v *jsonLines) found(cmd Command, what any) {
	switch what := what.(type) {
	case node.Shared:
		v.write(struct {
			header
			node.Shared
		}{head("sharing", cmd), what})
	case node.Verified:
		what.BadPieces = append([]int{}, what.BadPieces...) // [] and not null
		v.write(struct {
			header
			node.Verified
		}{head("verified", cmd), what})
	case node.Status:
		v.write(statusEvent(cmd, what))
	case []api.Listing:
		v.write(struct {
			header
			Torrents []api.Listing `json:"torrents"`
		}{head("list", cmd), append([]api.Listing{}, what...)})
	}
}

func statusEvent(cmd Command, s node.Status) any {
	s.Shared = append([]node.SharedStatus{}, s.Shared...)
	s.Partial = append([]node.Partial{}, s.Partial...)
	downloading := []progressJSON{}
	for _, p := range s.Downloading {
		downloading = append(downloading, newProgressJSON(p))
	}
	return struct {
		header
		node.Status
		Downloading []progressJSON `json:"downloading"`
	}{head("status", cmd), s, downloading}
}

// doneEvent is the last event of a command that did what it was to do. A command
// that is about no file has its header and seconds only.
type doneEvent struct {
	header
	Seconds float64 `json:"seconds"`
	*doneFile
}

type doneFile struct {
	File        string             `json:"file"`
	Path        string             `json:"path"`
	Bytes       int64              `json:"bytes"`
	Pieces      int                `json:"pieces"`
	SHA1        string             `json:"sha1"` // empty if the torrent has none
	SHA1Checked bool               `json:"sha1_checked"`
	InfoHash    torrent.Hash       `json:"info_hash"`
	Resumed     int64              `json:"resumed"`
	Owners      []node.OwnerResult `json:"owners"`
}

func (v *jsonLines) ended(cmd Command, what any, took time.Duration, err error) {
	v.last, v.shownAt = node.Progress{}, time.Time{}
	if err != nil {
		v.write(struct {
			header
			Error string `json:"error"`
		}{head("failed", cmd), err.Error()})
		fmt.Fprintln(v.err, "error: "+oneLine(err.Error()))
		return
	}
	done := doneEvent{header: head("done", cmd), Seconds: milli(took.Seconds())}
	switch r := what.(type) {
	case node.Result:
		done.Seconds = milli(r.Seconds)
		done.doneFile = &doneFile{r.File, r.Path, r.Bytes, r.Pieces, digest(r.SHA1), r.SHA1Checked, r.InfoHash, r.Resumed, append([]node.OwnerResult{}, r.Owners...)}
	case node.Shared:
		done.doneFile = &doneFile{r.File, r.Path, r.Bytes, r.Pieces, digest(r.SHA1), false, r.InfoHash, 0, []node.OwnerResult{}}
	case node.Verified:
		done.Seconds = milli(r.Seconds)
		done.doneFile = &doneFile{r.File, r.Path, r.Bytes, r.Pieces, digest(r.SHA1), r.SHA1Checked, r.InfoHash, r.Bytes, []node.OwnerResult{}}
	}
	v.write(done)
}

func milli(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

func digest(h torrent.Hash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}

func (v *jsonLines) notice(text string) {
	v.write(struct {
		header
		Message string `json:"message"`
	}{header{Event: "notice"}, text})
}
