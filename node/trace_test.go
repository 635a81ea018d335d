package node

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"udptorrent/segment"
	"udptorrent/torrent"
)

func TestTraceIsOneJSONLineASample(t *testing.T) {
	var out bytes.Buffer
	n := &Node{tracer: newTracer(&out)}
	h := torrent.Hash{1}
	show := n.traced(h, &transfer{owners: []*owner{{node: 7}, {node: 9}}})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	show(1, segment.Sample{
		Time:       at,
		OwnerStats: segment.OwnerStats{Mode: "cruise", Rate: 1e6, Window: 30_000, RTT: 1500 * time.Microsecond, Lost: 2},
		Pacing:     1.25e6,
		MinRTT:     time.Millisecond,
	})
	show(0, segment.Sample{Time: at})
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	var got traceLine
	if err := json.Unmarshal(lines[0], &got); err != nil {
		t.Fatal(err)
	}
	want := traceLine{Time: at, Torrent: h, Node: 9, Mode: "cruise", Rate: 1e6, Pacing: 1.25e6, Window: 30_000, RTT: 1.5, MinRTT: 1, Lost: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNothingIsTracedByDefault(t *testing.T) {
	if show := (&Node{}).traced(torrent.Hash{}, &transfer{}); show != nil {
		t.Error("a node without Trace traces")
	}
}
