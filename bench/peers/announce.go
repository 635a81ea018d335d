package peers

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"

	"udptorrent/torrent/bencode"
)

// An announcer is a BitTorrent tracker for one torrent on this machine (BEP 3, BEP 23):
// aria2 learns of peers by no other way.
type announcer struct {
	server *http.Server
	url    string

	mu    sync.Mutex // guards seeds
	seeds map[uint16]bool
	news  chan struct{} // has an element when a seed is new
}

func startAnnouncer() (*announcer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &announcer{
		url:   "http://" + l.Addr().String() + "/announce",
		seeds: make(map[uint16]bool), news: make(chan struct{}, 64),
	}
	a.server = &http.Server{Handler: a}
	go a.server.Serve(l)
	return a, nil
}

// ServeHTTP names all seeds to everybody.
func (a *announcer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	port, err := strconv.ParseUint(r.FormValue("port"), 10, 16)
	if err != nil {
		http.Error(w, "port?", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.FormValue("left") == "0" && !a.seeds[uint16(port)] {
		a.seeds[uint16(port)] = true
		a.news <- struct{}{}
	}
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1}).AsSlice()
	var compact []byte
	for seed := range a.seeds {
		compact = append(compact, loopback...)
		compact = append(compact, byte(seed>>8), byte(seed))
	}
	w.Write(bencode.Dict(map[string]bencode.Value{
		"interval": bencode.Int(60), "peers": bencode.String(compact),
	}).Raw())
}

func (a *announcer) close() { a.server.Close() }
