package tracker

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

func TestAStateDecidesAsTheTrackerDoes(t *testing.T) {
	s, err := NewState(Config{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	file := &torrent.Torrent{Name: "f", Length: 100, PieceLength: 10, Pieces: make([]torrent.Hash, 10), InfoHash: torrent.Hash{1}}
	all := map[int]api.Credentials{}
	for id := 1; id <= 20; id++ {
		answer, err := s.Register(api.RegisterRequest{NodeID: id, Port: 4000}, netip.MustParseAddr("192.0.2.1"), now)
		if err != nil {
			t.Fatal(err)
		}
		all[id] = api.Credentials{NodeID: id, Secret: answer.Secret}
		if err := s.Own(all[id], file, id == 1, now); err != nil {
			t.Fatal(err)
		}
	}
	r := api.Receipt{Downloader: 2, Owner: 7, InfoHash: file.InfoHash, Serial: 1, Bytes: 10}
	signed, err := api.ParseReceipt(api.SignReceipt(all[2].Secret, r))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(all[7], signed, now); err != nil {
		t.Fatal(err)
	}
	owners, err := s.Need(all[2], file.InfoHash, 1, 12, now)
	if err != nil || len(owners) != 13 || owners[0].NodeID != 7 {
		t.Errorf("Need = %v, %v; want node 7 and twelve more", owners, err)
	}
	if err := s.Exit(all[7], now); err != nil {
		t.Fatal(err)
	}
	s.Sweep(now.Add(time.Hour))
	if _, err := s.Need(all[2], file.InfoHash, 1, 12, now.Add(time.Hour)); !errors.Is(err, api.UnknownNode) {
		t.Errorf("after an hour's silence: %v", err)
	}
}

func TestSeveralAreDrawnFromTheRestEachAsLikely(t *testing.T) {
	s, err := NewState(Config{}, 5)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 30)
	for range 3000 {
		r := newRanking(choice{ranked: 2, drawn: 6}, s.random)
		for id := range counts {
			r.offer(&node{id: id}, float64(-min(id, 2))) // 0 and 1 rank above the rest
		}
		picked := r.picked()
		if len(picked) != 8 || picked[0].id != 0 || picked[1].id != 1 {
			t.Fatalf("picked %d, the first of them %d and %d", len(picked), picked[0].id, picked[1].id)
		}
		for _, n := range picked[2:] {
			counts[n.id]++
		}
	}
	for id, n := range counts[2:] {
		if want := 3000 * 6 / 28; n < want*4/5 || n > want*6/5 {
			t.Errorf("node %d drawn %d times, want about %d", id+2, n, want)
		}
	}
}
