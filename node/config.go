package node

import (
	"io"
	"net/http"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"udptorrent/segment"
	"udptorrent/tracker/api"
)

// Config says who a node is.
type Config struct {
	ID      int            // its number in the swarm, 1 to api.MaxNodeID
	Tracker string         // URL of the tracker, such as "http://localhost:12345"
	Addr    netip.AddrPort // UDP; the zero value is a free port on every address
	Folder  string         // its own folder, made if there is none

	// Log gets one event a line; nil logs nothing.
	Log *zap.Logger

	// Notice is told, in one sentence, what a person should know at once, such as
	// that the tracker does not answer, or that a shared file has changed. It may
	// be called from any goroutine; nil tells nobody.
	Notice func(string)

	// Busy is told true when the node begins to hash in bulk, which all processors can share,
	// and false when it has not done so for a second. It must not wait for the node;
	// nil tells nobody.
	Busy func(bool)

	// Socket says how UDP sockets are opened; their addresses are the node's to choose.
	Socket segment.UDPConfig

	// Listen opens sockets in place of Socket, at an address whose port may be 0. It
	// and HTTP, which then speaks to the tracker, let nodes live in a network of the
	// caller's own; nil means the real one.
	Listen func(netip.AddrPort) (segment.Socket, error)
	HTTP   *http.Client

	// Trace gets the samples of the congestion control of downloads, one JSON
	// line each; nil writes none. It is written to from one goroutine at a time.
	Trace io.Writer

	// Link is the line that the node's sockets are behind.
	Link segment.LinkConfig

	// UploadRate and DownloadRate are what all sockets of the node together may send
	// and ask for, in bytes per second on the wire; 0 is no limit.
	UploadRate, DownloadRate int64

	// NoUpload keeps what the node downloads from all others: it serves what was sent
	// with Send, and nothing else.
	NoUpload bool

	// VerifyFileUpTo is the length in bytes up to which a downloaded file's own
	// SHA-1 is checked beside its pieces. 0 means 64 MiB, negative means never.
	VerifyFileUpTo int64

	// Patience is how long a download waits when nobody is left to fetch from, ten times
	// as long for nodes that answer and serve others first; 0 means 30 s.
	Patience time.Duration

	// Downloads is how many of them run at a time; the others wait in a queue. 0 means 3.
	Downloads int

	dial func(netip.AddrPort) (segment.Socket, error) // opens the socket of a download: Listen, or its like
}

const (
	defaultVerifyFileUpTo = 64 << 20
	defaultPatience       = 30 * time.Second
	defaultDownloads      = 3
)

func (c *Config) setDefaults() {
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Notice == nil {
		c.Notice = func(string) {}
	}
	if c.VerifyFileUpTo == 0 {
		c.VerifyFileUpTo = defaultVerifyFileUpTo
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if c.Downloads <= 0 {
		c.Downloads = defaultDownloads
	}
	c.dial = c.Listen
	if c.Listen == nil {
		c.Listen, c.dial = c.openUDP, c.openSpread
	}
	if c.HTTP == nil {
		c.HTTP = api.NewHTTPClient(c.Addr.Addr())
	}
}

// openUDP opens a socket of the real network.
func (c *Config) openUDP(addr netip.AddrPort) (segment.Socket, error) {
	config := c.Socket
	config.Addr = addr
	return config.Open()
}

// openSpread opens what a download fetches with: several sockets, if one holds too little.
func (c *Config) openSpread(addr netip.AddrPort) (segment.Socket, error) {
	config := c.Socket
	config.Addr, config.Spread = addr, true
	return config.Open()
}
