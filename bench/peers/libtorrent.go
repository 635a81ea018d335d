package peers

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"udptorrent/bench/netem"
	"udptorrent/bench/rig"
)

//go:embed libtorrent_peer.py
var libtorrentScript []byte

// python is the system's, which has Debian's modules.
const python = "/usr/bin/python3"

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
	folder, remove, err := s.Rig.Dir()
	if err != nil {
		return o, err
	}
	defer remove()
	script := filepath.Join(folder, "libtorrent_peer.py")
	if err := os.WriteFile(script, libtorrentScript, 0o644); err != nil {
		return o, err
	}
	ports, err := rig.FreePorts(len(s.Owners) + 1)
	if err != nil {
		return o, err
	}
	var owners []*rig.Process
	defer func() { killAll(owners) }()
	var addrs []string
	for i, h := range s.Owners {
		addr := fmt.Sprintf("%s:%d", h.Addr, ports[i+1])
		p, _, err := l.start(ctx, s, h, script, "seed", addr, filepath.Dir(s.File.Path))
		if err != nil {
			return o, err
		}
		owners, addrs = append(owners, p), append(addrs, addr)
	}
	downloader, result, err := l.start(ctx, s, s.Downloader, script, "fetch",
		fmt.Sprintf("%s:%d", s.Downloader.Addr, ports[0]), folder, addrs...)
	if err != nil {
		return o, err
	}
	defer downloader.Kill()
	mark(append(owners, downloader))
	s.begin()
	if err := downloader.Say("go"); err != nil {
		return o, err
	}
	if err := downloader.Wait(ctx); err != nil {
		return o, err
	}
	if err := json.Unmarshal([]byte(<-result), &o); err != nil {
		return o, fmt.Errorf("libtorrent: %w", err)
	}
	o.Bytes = s.File.Length
	o.measure(downloader, owners...)
	return o, s.File.Same(filepath.Join(folder, s.File.Name()))
}

// start runs the script and waits until it is ready. The line that follows "ready" is
// sent on the channel.
func (l Libtorrent) start(ctx context.Context, s Scene, h rig.Host, script, role, listen, folder string, addrs ...string) (*rig.Process, <-chan string, error) {
	if err := l.congestion(h); err != nil {
		return nil, nil, err
	}
	lines := make(chan string, 16)
	args := append([]string{python, script, role, listen, s.File.Torrent, folder, l.Transport}, addrs...)
	p, err := s.Rig.Start(h, args, func(text string, _ time.Time) { lines <- text })
	if err != nil {
		return nil, nil, err
	}
	select {
	case <-lines:
		return p, lines, nil
	case <-p.Ended():
		return nil, nil, p.Wait(ctx)
	case <-ctx.Done():
		p.Kill()
		return nil, nil, rig.Cause(ctx)
	}
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
