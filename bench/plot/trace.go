package plot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A Sample is one line of a trace. Rates are bytes per second, times milliseconds.
type Sample struct {
	Time     time.Time `json:"time"`
	Torrent  string    `json:"torrent"`
	Node     int       `json:"node_id"`
	Mode     string    `json:"mode"`
	Rate     float64   `json:"rate"`
	Pacing   float64   `json:"pacing"`
	Window   float64   `json:"window"`
	InFlight float64   `json:"in_flight"`
	RTT      float64   `json:"rtt_ms"`
	MinRTT   float64   `json:"min_rtt_ms"`
	Bytes    int64     `json:"bytes"`
	Lost     int64     `json:"lost"`
	Datagram int       `json:"datagram"`
}

// A Trace has the samples of one download, by time.
type Trace []Sample

// ErrEmpty is the error of a trace without a sample.
var ErrEmpty = errors.New("the trace is empty: its node has not downloaded anything")

// Read returns the downloads of a trace file, in the order in which they began. A last
// line that was not written to its end does not count: a node that is killed leaves one.
func Read(r io.Reader) (downloads []Trace, err error) {
	place := make(map[string]int)
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var s Sample
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("line %d is no sample of a trace: %w", number, err)
		}
		i, known := place[s.Torrent]
		if !known {
			i = len(downloads)
			place[s.Torrent] = i
			downloads = append(downloads, nil)
		}
		downloads[i] = append(downloads[i], s)
	}
	if len(downloads) == 0 {
		return nil, ErrEmpty
	}
	for _, d := range downloads {
		slices.SortStableFunc(d, func(a, b Sample) int { return a.Time.Compare(b.Time) })
	}
	return downloads, nil
}

// An owner has the samples of a download that are about one owner.
type owner struct {
	node    int
	samples []Sample
}

// owners returns the owners of a download, by node id.
func (t Trace) owners() (all []owner) {
	for _, s := range t {
		i, found := slices.BinarySearchFunc(all, s.Node, func(o owner, node int) int { return o.node - node })
		if !found {
			all = slices.Insert(all, i, owner{node: s.Node})
		}
		all[i].samples = append(all[i].samples, s)
	}
	return all
}
