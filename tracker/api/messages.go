package api

import "udptorrent/torrent"

// Credentials say which node speaks. Every message but the first REGISTER of a node
// carries the secret that the answer to REGISTER gave.
type Credentials struct {
	NodeID int    `json:"node_id"`
	Secret string `json:"secret"`
}

// RegisterRequest joins the swarm, and renews the lease of a node that has joined.
// The node's IP is the one that the request comes from.
type RegisterRequest struct {
	NodeID int    `json:"node_id"`          // 1 to MaxNodeID
	Port   int    `json:"port"`             // UDP port of the upload side
	Secret string `json:"secret,omitempty"` // the one given before; empty the first time
}

// RegisterAnswer gives a node its secret and the rhythm of its lease.
type RegisterAnswer struct {
	// Secret is to be kept, and sent with every other message. It may differ
	// from the one in the request.
	Secret string `json:"secret"`

	// NodeIntervalMS is how often to register again, in milliseconds;
	// TrackerIntervalMS of silence ends the lease.
	NodeIntervalMS    int64 `json:"node_interval_ms"`
	TrackerIntervalMS int64 `json:"tracker_interval_ms"`

	// Known is true if the tracker still has what this node owns. False asks
	// the node to OWN everything again.
	Known bool `json:"known"`
}

// OwnRequest says that a node serves a torrent, or with Withdraw that it no longer does.
type OwnRequest struct {
	Credentials

	// Torrent is the .torrent file, base64 in JSON, at most MaxTorrent bytes.
	Torrent []byte `json:"torrent,omitempty"`

	// InfoHash names, instead, a torrent that the tracker lists. It spares the tracker
	// the file when a node owns what it was told of, or has more of it than before.
	InfoHash torrent.Hash `json:"info_hash,omitzero"`

	// Complete is true of a node that has the whole file.
	Complete bool `json:"complete,omitempty"`

	// Withdraw takes back what InfoHash names.
	Withdraw bool `json:"withdraw,omitempty"`
}

// NeedRequest asks for the owners of a torrent, named by InfoHash or by Name.
type NeedRequest struct {
	Credentials
	InfoHash    torrent.Hash `json:"info_hash,omitzero"`
	Name        string       `json:"name,omitempty"`
	WantTorrent bool         `json:"want_torrent,omitempty"` // send the .torrent as well

	// Want is the most owners to be told of, up to MaxWant; 0 leaves it to the
	// tracker (numwant of BEP 3).
	Want int `json:"want,omitempty"`
}

// NeedAnswer lists owners, those named for their rank first, in order, then those drawn
// by lot; a whole one among them, if there is any. It never lists the asker, and it is
// empty if nobody else serves the torrent now.
type NeedAnswer struct {
	InfoHash torrent.Hash `json:"info_hash"`
	Torrent  []byte       `json:"torrent,omitempty"` // the .torrent, if it was wanted
	Owners   []Owner      `json:"owners"`
}

// Owner is a node that serves a torrent.
type Owner struct {
	NodeID int    `json:"node_id"`
	Addr   string `json:"addr"` // UDP, "ip:port" or "[ip]:port"

	// Complete is false of an owner that has only some of the pieces.
	Complete bool `json:"complete"`

	// Frequency is the decayed count of deliveries that ranks the owner.
	Frequency float64 `json:"frequency"`
}

// UpdateRequest says that the node delivered a chunk. Receipt is the one that the
// downloader signed; see Receipt.
type UpdateRequest struct {
	Credentials
	Receipt []byte `json:"receipt"`
}

// ExitRequest ends the lease of a node and all it owns.
type ExitRequest struct {
	Credentials
}

// Listing is one torrent as the tracker lists it.
type Listing struct {
	InfoHash    torrent.Hash `json:"info_hash"`
	Name        string       `json:"name"`
	Length      int64        `json:"length"`       // bytes
	PieceLength int64        `json:"piece_length"` // bytes
	Pieces      int          `json:"pieces"`
	Owners      int          `json:"owners"`   // nodes that serve it now
	Complete    int          `json:"complete"` // of those the ones that have the whole file
}

// ListAnswer is one page of the list of torrents, in the order of their info-hashes.
// Next is the cursor of the page that follows, empty on the last.
type ListAnswer struct {
	Torrents []Listing `json:"torrents"`
	Next     string    `json:"next,omitempty"`
}

// Empty is the answer {} of a message that has nothing to say but yes.
type Empty struct{}
