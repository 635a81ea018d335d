package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"udptorrent/torrent"
)

// drawEvent draws an event about few nodes and torrents, so that they meet often.
func drawEvent(t *rapid.T, at time.Time) event {
	id := rapid.IntRange(1, 5)
	infoHash := torrent.Hash{rapid.Byte().Draw(t, "torrent") % 4}
	e := event{At: at}
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		e.Registered = &registered{NodeID: id.Draw(t, "node"), Secret: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "secret")}
	case 1:
		e.Left = &left{rapid.SliceOfN(id, 1, 3).Draw(t, "nodes")}
	case 2:
		e.Owned = &owned{id.Draw(t, "node"), rapid.Bool().Draw(t, "complete"), metainfo{InfoHash: infoHash, Name: "f"}}
	case 3:
		e.Withdrawn = &withdrawn{id.Draw(t, "node"), infoHash}
	case 4:
		e.Delivered = &delivered{id.Draw(t, "node"), id.Draw(t, "downloader"), rapid.Uint64Max(1000).Draw(t, "serial"), 7}
	case 5:
		e.Forgotten = &forgotten{Torrents: []torrent.Hash{infoHash}}
	case 6:
		e.At = at.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "back")) * time.Second)
		e.SetBack = new(setBack)
	}
	return e
}

// checkPlaces fails unless owners and nodes agree on who owns what.
func checkPlaces(t interface{ Fatalf(string, ...any) }, s *swarm) {
	total := 0
	for _, p := range s.torrents {
		total += len(p.owners)
		if p.whole < 0 || p.whole > len(p.owners) {
			t.Fatalf("%d of the %d owners of %v are whole", p.whole, len(p.owners), p.InfoHash)
		}
		for i, n := range p.owners {
			if n.owns[p] != i || s.nodes[n.id] != n {
				t.Fatalf("owner %d of %v: node %d thinks it is at %d", i, p.InfoHash, n.id, n.owns[p])
			}
		}
		if (len(p.owners) == 0) == p.idle.IsZero() {
			t.Fatalf("%v has %d owners and is idle since %v", p.InfoHash, len(p.owners), p.idle)
		}
	}
	named := 0
	for name, n := range s.names {
		named += len(n.all)
		for i, p := range n.all {
			if p.place != i || p.Name != name || s.torrents[p.InfoHash] != p || (i < n.owned) != (len(p.owners) > 0) {
				t.Fatalf("%d of %d torrents named %q are owned; number %d, %+v, is out of place", n.owned, len(n.all), name, i, p)
			}
		}
		if len(n.all) == 0 {
			t.Fatalf("no torrent is named %q", name)
		}
	}
	spare := 0
	for _, n := range s.nodes {
		total -= len(n.owns)
		if n.spare != nil {
			spare++
		}
		if can := !n.alive() && n.uploads.Deliveries == 0; can != (n.spare != nil) {
			t.Fatalf("node %d can be spared: %t, and is said to be otherwise", n.id, can)
		}
	}
	if spare != s.spare.Len() {
		t.Fatalf("%d nodes can be spared, and %d are listed as such", spare, s.spare.Len())
	}
	if total != 0 || len(s.order) != len(s.torrents) || named != len(s.torrents) {
		t.Fatalf("%d owners too many; %d of %d torrents in order, %d named", total, len(s.order), len(s.torrents), named)
	}
}

// A snapshot of nodes and a later or earlier one of torrents, with the log of all
// events after the older, make the swarm that the events made.
func TestSnapshotsOfAnyAgeAndTheLogMakeTheSameSwarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const halfLife = time.Minute
		n := rapid.IntRange(1, 60).Draw(t, "events")
		torrentsAt := rapid.IntRange(0, n).Draw(t, "files.json")
		nodesAt := rapid.IntRange(torrentsAt, n).Draw(t, "nodes.json")
		var log [][]byte
		var saved snapshot
		live := newSwarm(halfLife)
		for i := range n + 1 {
			if i == nodesAt {
				saved.nodes = live.snapshot(epoch).nodes
			}
			if i == torrentsAt {
				saved.torrents = live.snapshot(epoch).torrents
			}
			if i == n {
				break
			}
			e := drawEvent(t, epoch.Add(time.Duration(i)*time.Second))
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			log = append(log, line)
			live.apply(uint64(i+1), e)
			checkPlaces(t, live)
		}
		// Through the files, as after a crash.
		files, err := saved.files(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		loaded := new(snapshot)
		if err := json.Unmarshal(files[0].Data, &loaded.nodes); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(files[1].Data, &loaded.torrents); err != nil {
			t.Fatal(err)
		}
		again := loaded.swarm(halfLife)
		for i, line := range log[torrentsAt:] {
			e, err := parseEvent(line)
			if err != nil {
				t.Fatal(err)
			}
			again.apply(uint64(torrentsAt+i+1), e)
		}
		checkPlaces(t, again)
		if want, got := live.snapshot(epoch), again.snapshot(epoch); !reflect.DeepEqual(want, got) {
			w, _ := want.files(context.Background())
			g, _ := got.files(context.Background())
			t.Fatalf("got\n%s%s\nwant\n%s%s", g[0].Data, g[1].Data, w[0].Data, w[1].Data)
		}
	})
}

func TestASnapshotSharesNothingWithItsSwarm(t *testing.T) {
	s, _, _ := swarmOf(3, time.Minute)
	deliveries(s, 2, 3, epoch)
	before := s.snapshot(epoch)
	files, err := before.files(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	deliveries(s, 2, 300, epoch.Add(time.Hour))
	s.apply(s.nodesSeq+1, event{At: epoch, Left: &left{[]int{1, 2, 3}}})
	after, err := before.files(context.Background())
	if err != nil || !reflect.DeepEqual(files, after) {
		t.Errorf("the snapshot changed, %v", err)
	}
}

func TestALineThatIsNoEventIsRefused(t *testing.T) {
	for _, line := range []string{``, `{}`, `{"at":"2026-01-02T03:04:05Z"}`, `{"at":"2026-01-02T03:04:05Z","renamed":{}}`,
		`{"at":"2026-01-02T03:04:05Z","left":{},"owned":{}}`, `{"at":"2026-01-02T03:04:05Z","left":3}`, `{"left":{"node_ids":[1]}}`} {
		if _, err := parseEvent([]byte(line)); err == nil {
			t.Errorf("%q is taken for an event", line)
		}
	}
}

// FuzzEvents replays any lines as events. Those that are none are refused; whatever the
// others say, owners and nodes agree afterwards, and a snapshot makes the same swarm.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"at":"2026-01-02T03:04:05Z","registered":{"node_id":1,"addr":"127.0.0.1:1","secret":"s"}}
{"at":"2026-01-02T03:04:05Z","owned":{"node_id":1,"complete":true,"info_hash":"000102030405060708090a0b0c0d0e0f10111213","name":"f"}}
{"at":"2026-01-02T03:04:05Z","delivered":{"node_id":1,"downloader":2,"serial":3,"bytes":4}}
{"at":"2026-01-02T03:04:05Z","forgotten":{"node_ids":[1],"torrents":["000102030405060708090a0b0c0d0e0f10111213"]}}
{"at":"2026-01-02T03:04:05Z","left":{"node_ids":[1]}}
{"at":"2026-01-02T03:04:04Z","set_back":{}}
{"at":"2026-01-02T03:04:05Z","withdrawn":{"node_id":1,"info_hash":"000102030405060708090a0b0c0d0e0f10111213"}}`))
	f.Fuzz(func(t *testing.T, log []byte) {
		s := newSwarm(time.Minute)
		for i, line := range bytes.Split(log, []byte{'\n'}) {
			if e, err := parseEvent(line); err == nil {
				s.apply(uint64(i+1), e)
			}
		}
		checkPlaces(t, s)
		snap := s.snapshot(epoch)
		if again := snap.swarm(time.Minute).snapshot(epoch); !reflect.DeepEqual(snap, again) {
			t.Fatalf("%+v became %+v", snap, again)
		}
	})
}
