// Package configs holds the settings of the two programs: their defaults, the
// file, the environment and the flags.
//
// A flag wins over the environment, the environment over the file, the file over
// the default. A setting has one key: "node.link.rate" is rate under link under
// node in the file, UDPTORRENT_NODE_LINK_RATE in the environment, and the flag
// -link.rate of bin/node. config.yaml in this folder lists them all.
package configs

import "time"

// DefaultFile is the file that is read, if it is there, when no -config names one.
const DefaultFile = "configs/config.yaml"

// Node is what bin/node can be told.
type Node struct {
	ID      int    // the node's number in the swarm, 1 to 2^31-1; it has no default
	Tracker URL    // of the tracker
	Addr    UDP    // where it serves; the zero value is a free port on every address
	Files   string // folder that holds the folder node<ID> of this node
	Logs    string // folder of node<ID>.log
	JSON    bool   // print JSON lines

	Up     Rate // that all its sockets together send at most; 0 is no limit
	Down   Rate // and ask for
	Upload bool // serve to others what was downloaded

	VerifyFileUpTo Size          // the file's own SHA-1 is checked as well up to this length
	Patience       time.Duration // of a download that nobody is left for
	Downloads      int           // that run at a time; others wait

	Trace string // file for the samples of the congestion control; empty is none

	Socket Socket
	Link   Link
	Log    Log
}

// Tracker is what bin/tracker can be told.
type Tracker struct {
	Addr HostPort // where it listens for HTTP
	DB   string   // folder of its store
	Logs string   // folder of tracker.log

	NodeInterval    time.Duration // how often a node registers
	TrackerInterval time.Duration // silence after which it is forgotten

	MaxOwners         int           // in the answer to NEED
	FrequencyHalfLife time.Duration // after which a delivery counts half

	NodeMemory    time.Duration // how long a node that left is remembered
	TorrentMemory time.Duration // how long a torrent without owners stays listed

	MaxNodes           int           // that are known, remembered ones included
	MaxTorrents        int           // that are listed
	MaxTorrentOwners   int           // of one torrent
	MaxTorrentsPerNode int           // that one node owns
	RequestTimeout     time.Duration // to read a request, and to write its answer

	SnapshotInterval time.Duration // after a change, until nodes.json and files.json are written
	SnapshotBytes    Size          // of changes, after which they are written at once

	Log Log
}

// Socket says how a node uses UDP.
type Socket struct {
	Portable bool // one system call a datagram, as every system can
	Buffer   Size // to ask for, in each direction; 0 leaves what the system gives
}

// Link describes the simulated line between a node and the others. Its zero
// value is a perfect one.
type Link struct {
	Rate      Rate          // in each direction
	Delay     time.Duration // one way, added in each direction
	Loss      Probability   // that a datagram vanishes
	Reorder   Probability   // that it is held back behind later ones
	Duplicate Probability   // that it comes twice
	Queue     Size          // that waits for the line; 0 is 256 KiB
	Seed      uint64        // of all chance; 0 draws one
}

// Log says how much a program logs and keeps.
type Log struct {
	Level    Level
	MaxSize  Size // of a log file, before a new one begins
	MaxFiles int  // full files that are kept
}

// settings is everything that the file can hold.
type settings struct {
	node    Node
	tracker Tracker
	log     Log
}

// defaults returns the settings of a program that is told nothing.
func defaults() *settings {
	return &settings{
		node: Node{
			Tracker:        "http://localhost:12345",
			Files:          "node_files",
			Logs:           "logs",
			Upload:         true,
			VerifyFileUpTo: 64 << 20,
			Patience:       30 * time.Second,
			Downloads:      3,
			Socket:         Socket{Buffer: 4 << 20},
		},
		tracker: Tracker{
			Addr:               "localhost:12345",
			DB:                 "tracker_db",
			Logs:               "logs",
			NodeInterval:       20 * time.Second,
			TrackerInterval:    22 * time.Second,
			MaxOwners:          8,
			FrequencyHalfLife:  10 * time.Minute,
			NodeMemory:         time.Hour,
			TorrentMemory:      24 * time.Hour,
			MaxNodes:           65_536,
			MaxTorrents:        100_000,
			MaxTorrentOwners:   65_536,
			MaxTorrentsPerNode: 10_000,
			RequestTimeout:     15 * time.Second,
			SnapshotInterval:   5 * time.Second,
			SnapshotBytes:      64 << 20,
		},
		log: Log{MaxSize: 10 << 20, MaxFiles: 3},
	}
}
