package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// serve answers requests for ranges of a file until the program is ended. Go's scheduler is not told
// when it waits for one: it would wake a thread to watch the next call. So no garbage may be
// collected, which would wait for all that runs.
func serve(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	fd, addr, err := open()
	if err != nil {
		return err
	}
	fmt.Println(netip.AddrPortFrom(netip.AddrFrom4(addr.Addr), uint16(addr.Port)))
	debug.SetGCPercent(-1)
	in := make([]byte, most)
	out := answer{fd: fd}
	for {
		n, from, err := receiveFrom(fd, in)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for b := in[:n]; len(b) >= requestSize; b = b[requestSize:] {
			if err := out.send(file, b, from); err != nil {
				return err
			}
		}
	}
}

// An answer sends the bytes that a request names.
type answer struct {
	fd      int
	payload []byte
	headers []byte
	parts   [][]byte
}

func (a *answer) send(file *os.File, request []byte, to unix.Sockaddr) error {
	off := binary.BigEndian.Uint64(request)
	n := int(binary.BigEndian.Uint32(request[8:]))
	size := int(binary.BigEndian.Uint32(request[12:]))
	round := request[16:20]
	if wholePages(size) {
		return a.sendPages(file, int64(off), n, size, round, to)
	}
	if cap(a.payload) < n {
		a.payload = make([]byte, n)
	}
	payload := a.payload[:n]
	if _, err := file.ReadAt(payload, int64(off)); err != nil {
		return err
	}
	control := segmented(size)
	together := min(most/size, mostSegments)
	for len(payload) > 0 {
		a.headers, a.parts = a.headers[:0], a.parts[:0]
		if need := together * headerSize; cap(a.headers) < need {
			a.headers = make([]byte, 0, need)
		}
		for range together {
			block := payload[:min(size-headerSize, len(payload))]
			if len(block) == 0 {
				break
			}
			first := len(a.headers)
			a.headers = binary.BigEndian.AppendUint64(a.headers, off)
			a.headers = append(a.headers, round...)
			a.parts = append(a.parts, a.headers[first:], block)
			off += uint64(len(block))
			payload = payload[len(block):]
		}
		if _, err := unix.SendmsgBuffers(a.fd, a.parts, control, to, 0); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}
