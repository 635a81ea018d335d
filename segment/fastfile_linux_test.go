package segment

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// openFastAt is openFast at an address of the test's own.
func openFastAt(t *testing.T, addr string) *fastSocket {
	t.Helper()
	sock, err := UDPConfig{Addr: netip.MustParseAddrPort(addr), Buffer: -1}.Open()
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { sock.Close() })
	fast, ok := sock.(*fastSocket)
	if !ok || !fast.SendsFiles(fast.LocalAddr()) {
		t.Skip("this kernel sends no parts of files")
	}
	return fast
}

func fileOf(t *testing.T, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// heads are n datagrams to addr, each with a header of its own.
func heads(addr netip.AddrPort, n int) (ds []Datagram) {
	for i := range n {
		ds = append(ds, Datagram{Addr: addr, Head: bytes.Repeat([]byte{byte(i + 1)}, dataOverhead)})
	}
	return ds
}

// receive reads n datagrams.
func receive(t *testing.T, s *fastSocket, n int) (all [][]byte) {
	t.Helper()
	s.SetReadDeadline(time.Now().Add(5 * time.Second))
	for len(all) < n {
		got, err := s.Read()
		if err != nil {
			t.Fatalf("%d datagrams of %d: %v", len(all), n, err)
		}
		for _, d := range got {
			all = append(all, bytes.Clone(d.Head))
		}
	}
	return all
}

func TestPartsOfAFileArriveBehindTheirHeaders(t *testing.T) {
	const block = 15 * pageSize
	content := randomBytes(3*block + 100)
	file := fileOf(t, content)
	for _, from := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		t.Run(from, func(t *testing.T) {
			a, b := openFastAt(t, from), openFastAt(t, "127.0.0.1:0")
			if from == "[::1]:0" {
				b = openFastAt(t, from)
			}
			ds := heads(b.LocalAddr(), 3)
			if err := a.WriteFile(ds, file, block, 2*block+100, block); err != nil {
				t.Fatal(err)
			}
			got := receive(t, b, len(ds))
			for i, d := range ds {
				off := (i + 1) * block
				want := append(bytes.Clone(d.Head), content[off:min(off+block, len(content))]...)
				if !bytes.Equal(got[i], want) {
					t.Errorf("datagram %d has %d bytes, want %d, or others", i, len(got[i]), len(want))
				}
			}
			if a.noFiles.Load() {
				t.Error("given up")
			}
		})
	}
}

// What waits for the rest of itself must not take the next datagram with it.
func TestAFileThatEndsTooSoonSpoilsNothingElse(t *testing.T) {
	const block = 15 * pageSize
	file := fileOf(t, randomBytes(block+5000))
	a, b := openFastAt(t, "127.0.0.1:0"), openFastAt(t, "127.0.0.1:0")
	err := a.WriteFile(heads(b.LocalAddr(), 3), file, 0, 3*block, block)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	a.Write([]Datagram{{Addr: b.LocalAddr(), Head: []byte("the next")}})
	got := receive(t, b, 3)
	for i, want := range []int{dataOverhead + block, dataOverhead + 5000, len("the next")} {
		if len(got[i]) != want {
			t.Errorf("datagram %d has %d bytes, want %d", i, len(got[i]), want)
		}
	}
}

// What the kernel does not take so is lost, and sent the other way from then on.
func TestWhatTheKernelRefusesIsSentTheOtherWay(t *testing.T) {
	file := fileOf(t, randomBytes(100_000))
	a, b := openFastAt(t, "127.0.0.1:0"), openFastAt(t, "127.0.0.1:0")
	if err := a.WriteFile(heads(b.LocalAddr(), 1), file, 0, 80_000, 80_000); err != nil {
		t.Fatal(err)
	}
	if a.SendsFiles(b.LocalAddr()) {
		t.Error("a datagram of 80,000 bytes has left")
	}
	a.Write([]Datagram{{Addr: b.LocalAddr(), Head: []byte("the next")}})
	for {
		for _, got := range receive(t, b, 1) {
			switch {
			case string(got) == "the next":
				return
			case len(got) > dataOverhead:
				t.Fatalf("%d bytes came", len(got))
			}
		}
	}
}
