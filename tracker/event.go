package tracker

import (
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"udptorrent/torrent"
)

// An event is a fact that changes the swarm. One of its pointers is set. Events are
// written to the log as JSON, in the order in which they happened.
type event struct {
	At time.Time `json:"at"`

	Registered *registered `json:"registered,omitempty"`
	Left       *left       `json:"left,omitempty"`
	Owned      *owned      `json:"owned,omitempty"`
	Withdrawn  *withdrawn  `json:"withdrawn,omitempty"`
	Delivered  *delivered  `json:"delivered,omitempty"`
	Forgotten  *forgotten  `json:"forgotten,omitempty"`
	SetBack    *setBack    `json:"set_back,omitempty"`
}

// registered: a node joined, came back, or moved to another address. With a secret
// that is not the one before, it is another node that took over the id.
type registered struct {
	NodeID int            `json:"node_id"`
	Addr   netip.AddrPort `json:"addr"`
	Secret string         `json:"secret"`
}

// left: these nodes own nothing any more. They exited, or one sweep found their
// leases lapsed.
type left struct {
	NodeIDs []int `json:"node_ids"`
}

// owned: a node serves a torrent, perhaps one that is new here.
type owned struct {
	NodeID   int  `json:"node_id"`
	Complete bool `json:"complete"`
	metainfo
}

// withdrawn: a node serves a torrent no longer.
type withdrawn struct {
	NodeID   int          `json:"node_id"`
	InfoHash torrent.Hash `json:"info_hash"`
}

// delivered: a node delivered a chunk, by the receipt of that serial.
type delivered struct {
	NodeID     int    `json:"node_id"`
	Downloader int    `json:"downloader"`
	Serial     uint64 `json:"serial"`
	Bytes      int64  `json:"bytes"`
}

// forgotten: nodes that left long ago, and torrents that nobody owned for long.
type forgotten struct {
	NodeIDs  []int          `json:"node_ids,omitempty"`
	Torrents []torrent.Hash `json:"torrents,omitempty"`
}

// setBack: the clock was ahead, and is right now. What is later than the event happens at
// its time instead: it would outrank all else, or be remembered, until that time came again.
type setBack struct{}

// metainfo is what the tracker keeps of a torrent beside the .torrent file itself.
type metainfo struct {
	InfoHash    torrent.Hash `json:"info_hash"`
	Name        string       `json:"name"`
	Length      int64        `json:"length"`
	PieceLength int64        `json:"piece_length"`
	Pieces      int          `json:"pieces"`
}

func metainfoOf(t *torrent.Torrent) metainfo {
	return metainfo{InfoHash: t.InfoHash, Name: t.Name, Length: t.Length, PieceLength: t.PieceLength, Pieces: t.NumPieces()}
}

// parseEvent reads an event of the log.
func parseEvent(b []byte) (event, error) {
	var e event
	if err := json.Unmarshal(b, &e); err != nil {
		return e, err
	}
	kinds := 0
	for _, set := range []bool{e.Registered != nil, e.Left != nil, e.Owned != nil, e.Withdrawn != nil, e.Delivered != nil, e.Forgotten != nil, e.SetBack != nil} {
		if set {
			kinds++
		}
	}
	if kinds != 1 || e.At.IsZero() {
		return e, errors.New("not an event that this program knows; was the log written by a newer one?")
	}
	return e, nil
}
