package node

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"udptorrent/segment"
	"udptorrent/torrent"
)

// A tracer writes the samples of all downloads of a node as JSON lines.
type tracer struct {
	mu    sync.Mutex // guards the writer: downloads may be many
	lines *json.Encoder
}

func newTracer(w io.Writer) *tracer { return &tracer{lines: json.NewEncoder(w)} }

// traceLine is one sample. Rates are bytes per second, times milliseconds.
type traceLine struct {
	Time     time.Time    `json:"time"`
	Torrent  torrent.Hash `json:"torrent"`
	Node     int          `json:"node_id"`
	Mode     string       `json:"mode"`
	Rate     float64      `json:"rate"`
	Pacing   float64      `json:"pacing"`
	Window   int          `json:"window"`
	InFlight int          `json:"in_flight"`
	RTT      float64      `json:"rtt_ms"`
	MinRTT   float64      `json:"min_rtt_ms"`
	Bytes    int64        `json:"bytes"`
	Lost     int64        `json:"lost"`
	Repeated int64        `json:"repeated"`
	Datagram int          `json:"datagram"`
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (t *tracer) write(h torrent.Hash, node int, s segment.Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// A full disk costs the trace, not the download.
	t.lines.Encode(traceLine{
		Time: s.Time, Torrent: h, Node: node,
		Mode: s.Mode, Rate: s.Rate, Pacing: s.Pacing, Window: s.Window, InFlight: s.InFlight,
		RTT: milliseconds(s.RTT), MinRTT: milliseconds(s.MinRTT),
		Bytes: s.Bytes, Lost: s.Lost, Repeated: s.Repeated, Datagram: s.Datagram,
	})
}

// traced returns what a source of h calls with its samples; nil if nothing is traced.
func (n *Node) traced(h torrent.Hash, sink segment.Sink) func(owner int, s segment.Sample) {
	t, ok := sink.(*transfer)
	if n.tracer == nil || !ok {
		return nil
	}
	return func(owner int, s segment.Sample) { n.tracer.write(h, t.owners[owner].node, s) }
}
