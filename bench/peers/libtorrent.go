package peers

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/rig"
)

//go:embed libtorrent_peer.py
var libtorrentScript []byte

// python is the system's, which has Debian's modules.
const python = "/usr/bin/python3"

// mostPeers is how many libtorrent peers a swarm can have.
const mostPeers = 64

// Libtorrent is libtorrent-rasterbar, driven through its Python module.
type Libtorrent struct {
	Transport  string // "tcp" or "utp"
	Congestion string // of TCP, where it can be set; empty is the system's
}

// Name implements Peer.
func (l Libtorrent) Name() string {
	switch {
	case l.Transport == "utp":
		return "libtorrent uTP"
	case l.Congestion != "":
		return "libtorrent TCP " + strings.ToUpper(l.Congestion)
	}
	return "libtorrent TCP"
}

// Missing implements Peer.
func (l Libtorrent) Missing() string {
	if exec.Command(python, "-c", "import libtorrent").Run() != nil {
		return "libtorrent is not installed: apt-get install python3-libtorrent"
	}
	if l.Congestion != "" {
		have, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
		if !strings.Contains(string(have), l.Congestion) {
			return fmt.Sprintf("the kernel has no TCP %s: modprobe tcp_%s", strings.ToUpper(l.Congestion), l.Congestion)
		}
	}
	return ""
}

// Transfer implements Peer.
func (l Libtorrent) Transfer(ctx context.Context, s Scene) (o Outcome, err error) {
	swarm, err := l.Swarm(ctx, s)
	if err != nil {
		return o, err
	}
	defer swarm.Close()
	d, err := swarm.Idle(s.Downloader)
	if err != nil {
		return o, err
	}
	if err := d.Ready(ctx); err != nil {
		return o, err
	}
	swarm.Begin()
	if err := d.Go(); err != nil {
		return o, err
	}
	return d.Wait(ctx)
}

// libtorrentNodes are those of a swarm. There is no tracker: who begins to download is
// told of all others.
type libtorrentNodes struct {
	Libtorrent
	swarm  *Swarm
	script string
	ports  []int // free ones
	addrs  []string
}

// Swarm starts the owners of a scene, and returns when all of them serve. Close ends
// them.
func (l Libtorrent) Swarm(ctx context.Context, s Scene) (_ *Swarm, err error) {
	w, err := newSwarm(s)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	n := &libtorrentNodes{Libtorrent: l, swarm: w, script: filepath.Join(w.folder, "libtorrent_peer.py")}
	w.start = n.download
	if err := os.WriteFile(n.script, libtorrentScript, 0o644); err != nil {
		return nil, err
	}
	if n.ports, err = rig.FreePorts(mostPeers); err != nil {
		return nil, err
	}
	return w, n.startOwners(ctx)
}

// startOwners returns when all of them serve.
func (n *libtorrentNodes) startOwners(ctx context.Context) error {
	w := n.swarm
	var uploaded atomic.Int64
	w.uploaded = func() float64 { return float64(uploaded.Load()) }
	for i, h := range w.scene.Owners {
		ready := make(chan struct{})
		p, err := n.start(h, "seed", filepath.Dir(w.scene.File.Path), func(e event, _ time.Time) {
			switch {
			case e.Event == "ready":
				close(ready)
			case e.Event == "uploaded" && i == 0:
				uploaded.Store(e.Uploaded)
			}
		})
		if err != nil {
			return err
		}
		w.Owners = append(w.Owners, p)
		select {
		case <-ready:
		case <-p.Ended():
			return p.Wait(ctx)
		case <-ctx.Done():
			return rig.Cause(ctx)
		}
	}
	return nil
}

// start runs the script on a host, and hands over its events.
func (n *libtorrentNodes) start(h rig.Host, role, folder string, on func(event, time.Time)) (*rig.Process, error) {
	if len(n.addrs) == len(n.ports) {
		return nil, fmt.Errorf("more than %d libtorrent peers", mostPeers)
	}
	if err := n.congestion(h); err != nil {
		return nil, err
	}
	addr := fmt.Sprintf("%s:%d", h.Addr, n.ports[len(n.addrs)])
	n.addrs = append(n.addrs, addr)
	return n.swarm.scene.Rig.Start(h, []string{python, n.script, role, addr, n.swarm.scene.File.Torrent, folder, n.Transport}, eventsTo(on))
}

// download starts a peer that downloads when it is told to.
func (n *libtorrentNodes) download(d *Download, h rig.Host, m manner) (err error) {
	self := len(n.addrs)
	folder := filepath.Join(n.swarm.folder, fmt.Sprintf("peer%d", self))
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	d.path = filepath.Join(folder, n.swarm.scene.File.Name())
	d.command = func() string {
		others := append(append([]string(nil), n.addrs[:self]...), n.addrs[self+1:]...)
		return strings.Join(others, " ")
	}
	role := "fetch"
	if m.rides {
		role = "ride"
	}
	d.Process, err = n.start(h, role, folder, d.take)
	return err
}

// congestion sets TCP's congestion control on a host that is a namespace of ours, by
// its route: the setting of a namespace may be no other than the machine allows. What
// earlier connections have learnt of the path is not kept.
func (l Libtorrent) congestion(h rig.Host) error {
	if l.Congestion == "" || h.Namespace == "" {
		return nil
	}
	for _, command := range [][]string{
		{"ip", "-n", h.Namespace, "route", "replace", netem.Network.String(), "dev", "eth0",
			"proto", "kernel", "scope", "link", "src", h.Addr.String(), "congctl", l.Congestion},
		{"ip", "netns", "exec", h.Namespace, "sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1"},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, bytes.TrimSpace(out))
		}
	}
	return nil
}
