package node

import (
	"time"

	"udptorrent/torrent"
)

// A Phase says what a Send, a Download or a Verify is doing.
type Phase string

const (
	PhaseQueued      Phase = "queued"      // other downloads of this node go first
	PhaseHashing     Phase = "hashing"     // Send reads the file to make its torrent
	PhaseChecking    Phase = "checking"    // pieces on disk are checked: a resume, or Verify
	PhaseWaiting     Phase = "waiting"     // nobody to fetch from at present; Message says why
	PhaseDownloading Phase = "downloading" // owners are being asked
	PhaseFinishing   Phase = "finishing"   // all pieces are here: the file's SHA-1, fsync, rename
)

// Progress is how far a Send, a Download or a Verify has come. It is handed to
// the caller's report function a few times a second and whenever Phase or
// Message changes, by one goroutine at a time and never after the call has
// returned. The receiver owns it, Owners included.
type Progress struct {
	Phase    Phase        `json:"phase"`
	File     string       `json:"file"`      // base name; of a download whose torrent is not known yet, what was asked for
	InfoHash torrent.Hash `json:"info_hash"` // zero if it is not known yet

	Bytes  int64         `json:"bytes"`  // verified (or hashed, or checked) so far
	Length int64         `json:"length"` // of the file; 0 if it is not known yet
	Rate   float64       `json:"rate"`   // bytes per second, lately; 0 when finishing
	ETA    time.Duration `json:"-"`      // to the end at Rate; -1 is unknown

	Pieces      int `json:"pieces"` // that Bytes are, of PiecesTotal
	PiecesTotal int `json:"pieces_total"`

	Owners []OwnerProgress `json:"owners"` // in the order of their first assignment

	// Askers are those who fetch from this node what it has got. Status says it.
	Askers []Asker `json:"askers,omitempty"`

	// Message is news for the person who waits, one sentence, or empty.
	Message string `json:"message,omitempty"`
}

// An OwnerState says what an owner does for a download.
type OwnerState string

const (
	OwnerConnecting OwnerState = "connecting" // HELLO is out
	OwnerActive     OwnerState = "active"     // has a chunk to deliver
	OwnerIdle       OwnerState = "idle"       // answers, and has nothing to deliver
	OwnerGone       OwnerState = "gone"       // stopped answering, or refused
	OwnerBanned     OwnerState = "banned"     // delivered a bad piece
)

// Via says why a node is fetched from.
type Via string

const (
	ViaTracker Via = "tracker" // the tracker named it
	ViaAsker   Via = "asker"   // it asked this node for the same torrent, and serves what it has
)

// An Asker is a node that asks for what this node has of a torrent.
type Asker struct {
	Node  int     `json:"node_id"`        // as it says
	Addr  string  `json:"addr,omitempty"` // where it serves the same torrent; empty: nowhere
	Bytes int64   `json:"bytes"`          // that it was sent, repeats included
	Rate  float64 `json:"rate"`           // bytes per second, lately

	Pieces int `json:"pieces"` // that it has, as it says
	Told   int `json:"told"`   // of how many pieces of this node it was told; it may ask for those

	// Who has a smaller rank is served first when many want something; who waits is
	// not served for now, since it has taken much and given little.
	Rank  float64 `json:"rank"`
	Waits bool    `json:"waits"`
}

// OwnerProgress is one owner's part in a download.
type OwnerProgress struct {
	Node  int           `json:"node_id"`
	Addr  string        `json:"addr"`
	Bytes int64         `json:"bytes"` // payload that it delivered
	Rate  float64       `json:"rate"`  // bytes per second, lately
	RTT   time.Duration `json:"-"`     // smoothed; 0 is unknown
	State OwnerState    `json:"state"`

	// From and To bound what is left of its present chunk, as offsets in the
	// file: [From, To). They are equal when it has none.
	From int64 `json:"from"`
	To   int64 `json:"to"`

	Pieces int `json:"pieces"` // that it has, as far as is known; 0 before it answers
	Via    Via `json:"via"`    // how it became known
}

// Result is a download that is done: the file is whole, verified and in place.
type Result struct {
	File    string  `json:"file"`    // base name
	Path    string  `json:"path"`    // where it lies
	Bytes   int64   `json:"bytes"`   // its length
	Seconds float64 `json:"seconds"` // from when the node had joined to the file in place
	Pieces  int     `json:"pieces"`  // all were checked

	SHA1        torrent.Hash `json:"sha1"`         // of the file, as its torrent says; zero if it does not
	SHA1Checked bool         `json:"sha1_checked"` // whether the whole file was hashed as well, while it came
	InfoHash    torrent.Hash `json:"info_hash"`

	Resumed int64         `json:"resumed"` // bytes that were on disk already, and good
	Owners  []OwnerResult `json:"owners"`  // who delivered what, most first
}

// OwnerResult is what one owner delivered to a download.
type OwnerResult struct {
	Node  int   `json:"node_id"`
	Bytes int64 `json:"bytes"` // of verified pieces

	// What it took, in blocks, each the payload of one datagram.
	Asked    int64 `json:"asked"`    // repeats included
	Repeated int64 `json:"repeated"` // asked for again
	Lost     int64 `json:"lost"`     // taken for lost
}

// Shared is a file that this node serves.
type Shared struct {
	File        string       `json:"file"` // base name
	Path        string       `json:"path"`
	TorrentPath string       `json:"torrent_path"` // its .torrent
	InfoHash    torrent.Hash `json:"info_hash"`
	SHA1        torrent.Hash `json:"sha1"` // of the file; zero if its torrent has none
	Bytes       int64        `json:"bytes"`
	Pieces      int          `json:"pieces"`

	// Owned reports whether the tracker knows. While it is false the node
	// keeps telling it.
	Owned bool `json:"owned"`
}

// Verified is what Verify found on disk.
type Verified struct {
	File     string       `json:"file"` // base name
	Path     string       `json:"path"`
	Bytes    int64        `json:"bytes"` // the length that the torrent says
	Pieces   int          `json:"pieces"`
	InfoHash torrent.Hash `json:"info_hash"`

	Good      bool  `json:"good"`       // every piece, the length and, if known, the file's SHA-1
	BadPieces []int `json:"bad_pieces"` // numbers, ascending, missing pieces included

	SHA1        torrent.Hash `json:"sha1"`         // as the torrent says; zero if it does not
	SHA1Checked bool         `json:"sha1_checked"` // whether the whole file was hashed as well

	Seconds float64 `json:"seconds"`
}

// Status is what a node has, serves and fetches at one moment.
type Status struct {
	Node       int    `json:"node_id"`
	Addr       string `json:"addr"` // UDP address that it serves on
	Tracker    string `json:"tracker"`
	Registered bool   `json:"registered"`        // its lease at the tracker is alive
	Refused    string `json:"refused,omitempty"` // why the tracker does not register it, if that was its last answer
	Folder     string `json:"folder"`

	Shared      []SharedStatus `json:"shared"`      // by name
	Downloading []Progress     `json:"downloading"` // by name
	Partial     []Partial      `json:"partial"`     // downloads that can be resumed, by name
}

// SharedStatus is a shared file and what became of it.
type SharedStatus struct {
	Shared
	Problem string  `json:"problem,omitempty"` // why it is not served now, e.g. changed on disk
	Askers  []Asker `json:"askers,omitempty"`  // by node id
}

// Partial is a download that was stopped half-way.
type Partial struct {
	File     string       `json:"file"`
	InfoHash torrent.Hash `json:"info_hash"`
	Bytes    int64        `json:"bytes"` // verified and on disk
	Length   int64        `json:"length"`
}
