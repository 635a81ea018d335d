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
	owners, err = s.Owners(all[2], file.InfoHash, 12, now)
	if err != nil || len(owners) != 12 || owners[0].NodeID != 1 || !owners[0].Complete {
		t.Errorf("Owners = %v, %v; want node 1, which is whole, and eleven more", owners, err)
	}
	if err := s.Exit(all[7], now); err != nil {
		t.Fatal(err)
	}
	s.Sweep(now.Add(time.Hour))
	if _, err := s.Need(all[2], file.InfoHash, 1, 12, now.Add(time.Hour)); !errors.Is(err, api.UnknownNode) {
		t.Errorf("after an hour's silence: %v", err)
	}
}
