package peers

import (
	"encoding/json"
	"time"
)

// An event is a JSON line of a node: those of its fields that are used here. The script
// that drives libtorrent speaks the same way.
type event struct {
	Event    string  `json:"event"`
	Command  string  `json:"command"`
	Phase    string  `json:"phase"`
	Error    string  `json:"error"`
	Bytes    int64   `json:"bytes"`
	Uploaded int64   `json:"uploaded"` // libtorrent's owners
	Seconds  float64 `json:"seconds"`
	Owners   []struct {
		Node     int   `json:"node_id"`
		Bytes    int64 `json:"bytes"`
		Asked    int64 `json:"asked"`
		Repeated int64 `json:"repeated"`
		Lost     int64 `json:"lost"`
	} `json:"owners"`
}

// received is what all owners have delivered, repeats included while it goes on.
func (e event) received() (n int64) {
	for _, o := range e.Owners {
		n += o.Bytes
	}
	return n
}

// from is what one node has delivered.
func (e event) from(node int) (n int64) {
	for _, o := range e.Owners {
		if o.Node == node {
			n += o.Bytes
		}
	}
	return n
}

func (e event) blocks() (b Blocks) {
	for _, o := range e.Owners {
		b.Asked += o.Asked
		b.Repeated += o.Repeated
		b.Lost += o.Lost
	}
	return b
}

// eventsTo hands over the events in lines.
func eventsTo(on func(event, time.Time)) func(string, time.Time) {
	return func(text string, at time.Time) {
		var e event
		if json.Unmarshal([]byte(text), &e) == nil {
			on(e, at)
		}
	}
}
