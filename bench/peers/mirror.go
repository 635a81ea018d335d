package peers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"udptorrent/bench/rig"
)

// MirrorCommand is the first argument that makes the bench program a mirror.
const MirrorCommand = "mirror"

// Mirror serves a folder over HTTP until it is ended. The kernel moves the bytes from
// the file to the connection (sendfile).
func Mirror(addr, folder string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, http.FileServer(http.Dir(folder)))
}

// mirrors starts a mirror on each owner's host and returns their URLs of the file.
func mirrors(ctx context.Context, s Scene) (running []*rig.Process, urls []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	for _, h := range s.Owners {
		url := make(chan string, 1)
		args := []string{self, MirrorCommand, h.Addr.String() + ":0", filepath.Dir(s.File.Path)}
		p, err := s.Rig.Start(h, args, func(text string, _ time.Time) { url <- text })
		if err != nil {
			return running, nil, err
		}
		running = append(running, p)
		select {
		case u := <-url:
			urls = append(urls, u+"/"+s.File.Name())
		case <-p.Ended():
			return running, nil, p.Wait(ctx)
		case <-ctx.Done():
			return running, nil, rig.Cause(ctx)
		}
	}
	return running, urls, nil
}

// client runs an HTTP client against mirrors, and what is to follow it, one after the
// other, and times all of it.
func client(ctx context.Context, s Scene, commands func(folder string, urls []string) [][]string) (o Outcome, err error) {
	folder, remove, err := s.Rig.Dir()
	if err != nil {
		return o, err
	}
	defer remove()
	owners, urls, err := mirrors(ctx, s)
	defer func() { killAll(owners) }()
	if err != nil {
		return o, err
	}
	s.begin(owners...)
	began := time.Now()
	var ran []*rig.Process
	for _, args := range commands(folder, urls) {
		p, err := s.Rig.Start(s.Downloader, args, nil)
		if err != nil {
			return o, err
		}
		if err := p.Wait(ctx); err != nil {
			return o, err
		}
		ran = append(ran, p)
	}
	o.Seconds, o.Bytes = time.Since(began).Seconds(), s.File.Length
	o.measure(ran[0], owners...)
	for _, p := range ran[1:] {
		o.measure(p)
	}
	return o, s.File.Same(filepath.Join(folder, s.File.Name()))
}

// AriaHTTP is aria2 from a mirror on each owner, with the checksum of the whole file.
type AriaHTTP struct{}

// Name implements Peer.
func (AriaHTTP) Name() string { return "aria2 HTTP mirrors + checksum" }

// Missing implements Peer.
func (AriaHTTP) Missing() string { return program("aria2c", "aria2") }

// Transfer implements Peer.
func (AriaHTTP) Transfer(ctx context.Context, s Scene) (Outcome, error) {
	sum := s.File.Meta.SHA1.String()
	return client(ctx, s, func(folder string, urls []string) [][]string {
		args := append([]string{"aria2c"}, quiet...)
		args = append(args, "--dir="+folder, fmt.Sprintf("--split=%d", len(urls)), "--max-connection-per-server=1",
			"--checksum=sha-1="+sum)
		return [][]string{append(args, urls...)}
	})
}

// Curl is curl from one mirror, and sha1sum.
type Curl struct{}

// Name implements Peer.
func (Curl) Name() string { return "curl, one mirror, + sha1sum" }

// Missing implements Peer.
func (Curl) Missing() string {
	if m := program("curl", "curl"); m != "" {
		return m
	}
	return program("sha1sum", "coreutils")
}

// Transfer implements Peer.
func (Curl) Transfer(ctx context.Context, s Scene) (Outcome, error) {
	s.Owners = s.Owners[:1]
	return client(ctx, s, func(folder string, urls []string) [][]string {
		path := filepath.Join(folder, s.File.Name())
		return [][]string{{"curl", "-sSf", "-o", path, urls[0]}, {"sha1sum", path}}
	})
}
