package configs

import (
	"flag"
	"math"
	"strings"
	"time"
)

// A setting is one line of the table that ties variable, key and flag together.
type setting struct {
	key   string     // in the file, such as "node.link.rate"
	value flag.Value // parses into the variable
	flag  string     // name without dashes; empty if there is no flag
	usage string     // of the flag: argument in backquotes, then what it does
}

// env returns the name of the environment variable.
func (s setting) env() string { return envName(s.key) }

// envName returns the name of the environment variable of a key, or of the beginning of one.
func envName(key string) string {
	return "UDPTORRENT_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// table returns every setting, each over its variable in s.
func (s *settings) table() []setting {
	n, t, l := &s.node, &s.tracker, &s.log
	link := &n.Link
	return []setting{
		{"node.id", count(&n.ID, 0, math.MaxInt32), "node_id", "`N` the number of this node in the swarm, from 1 on"},
		{"node.tracker", &n.Tracker, "tracker", "`URL` the tracker"},
		{"node.addr", &n.Addr, "addr", "`IP:PORT` UDP address to serve on, :0 is a free port"},
		{"node.files", folder(&n.Files), "files", "`DIR` the node keeps its files in DIR/node<N>"},
		{"node.logs", folder(&n.Logs), "logs", "`DIR` folder of node<N>.log"},
		{"node.json", toggle(&n.JSON), "json", "print JSON lines, for scripts"},
		{"node.up", limit(&n.Up), "up", "`RATE` send no more than this in all: 20mbit, 0 is no limit"},
		{"node.down", limit(&n.Down), "down", "`RATE` ask for no more than this in all, 0 is no limit"},
		{"node.upload", toggle(&n.Upload), "upload", "serve to others what is downloaded; -upload=false keeps it"},
		{"node.verify_file_up_to", &n.VerifyFileUpTo, "", ""},
		{"node.patience", duration(&n.Patience, time.Second), "", ""},
		{"node.downloads", count(&n.Downloads, 1, 100), "", ""},
		{"node.trace", text(&n.Trace), "trace", "`FILE` write the congestion control's samples there, as JSON lines"},
		{"node.socket.portable", toggle(&n.Socket.Portable), "socket.portable", "one system call a datagram, as on every system"},
		{"node.socket.buffer", &n.Socket.Buffer, "socket.buffer", "`SIZE` socket buffers to ask for, 0 leaves the system's"},
		{"node.link.rate", &link.Rate, "link.rate", "`RATE` simulated line: 20mbit each way, 0 is no limit"},
		{"node.link.delay", duration(&link.Delay, 0), "link.delay", "`TIME` simulated line: 25ms each way"},
		{"node.link.loss", &link.Loss, "link.loss", "`P` simulated line: 0.01 loses one datagram in a hundred"},
		{"node.link.reorder", &link.Reorder, "link.reorder", "`P` simulated line: holds some back behind later ones"},
		{"node.link.duplicate", &link.Duplicate, "link.duplicate", "`P` simulated line: delivers some twice"},
		{"node.link.queue", &link.Queue, "link.queue", "`SIZE` simulated line: what waits for it, 0 is 256KiB"},
		{"node.link.seed", seed(&link.Seed), "link.seed", "`N` simulated line: of all chance, 0 draws one"},

		{"tracker.addr", &t.Addr, "addr", "`HOST:PORT` where it listens; :12345 is every address"},
		{"tracker.db", folder(&t.DB), "db", "`DIR` folder of nodes.json and files.json"},
		{"tracker.logs", folder(&t.Logs), "logs", "`DIR` folder of tracker.log"},
		{"tracker.node_interval", duration(&t.NodeInterval, 10*time.Millisecond), "", ""},
		{"tracker.tracker_interval", duration(&t.TrackerInterval, 10*time.Millisecond), "", ""},
		{"tracker.max_owners", count(&t.MaxOwners, 1, 50), "", ""},
		{"tracker.frequency_half_life", duration(&t.FrequencyHalfLife, time.Second), "", ""},
		{"tracker.node_memory", duration(&t.NodeMemory, time.Second), "", ""},
		{"tracker.torrent_memory", duration(&t.TorrentMemory, time.Second), "", ""},
		{"tracker.max_nodes", count(&t.MaxNodes, 1, math.MaxInt32), "", ""},
		{"tracker.max_torrents", count(&t.MaxTorrents, 1, math.MaxInt32), "", ""},
		{"tracker.max_torrent_owners", count(&t.MaxTorrentOwners, 1, math.MaxInt32), "", ""},
		{"tracker.max_torrents_per_node", count(&t.MaxTorrentsPerNode, 1, math.MaxInt32), "", ""},
		{"tracker.request_timeout", duration(&t.RequestTimeout, 10*time.Millisecond), "", ""},
		{"tracker.snapshot_interval", duration(&t.SnapshotInterval, time.Millisecond), "", ""},
		{"tracker.snapshot_bytes", &t.SnapshotBytes, "", ""},

		{"log.level", &l.Level, "", ""},
		{"log.max_size", &l.MaxSize, "", ""},
		{"log.max_files", count(&l.MaxFiles, 1, 1000), "", ""},
	}
}
