package peers

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"udptorrent/bench/rig"
)

// TestMain has the test binary be a mirror, as the bench program is.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == MirrorCommand {
		fmt.Fprintln(os.Stderr, Mirror(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// mirrored is a scene with a mirror on this machine.
func mirrored(t *testing.T) Scene {
	t.Helper()
	t.Setenv("no_proxy", rig.Loopback.Addr.String())
	r, err := rig.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	f, err := r.File(t.Context(), "f", 1<<20, false)
	if err != nil {
		t.Fatal(err)
	}
	return Scene{Rig: r, File: f, Owners: []rig.Host{rig.Loopback}, Downloader: rig.Loopback}
}

func TestHTTPClientsFetchFromMirrors(t *testing.T) {
	for _, p := range []Peer{AriaHTTP{}, Curl{}} {
		t.Run(p.Name(), func(t *testing.T) {
			if m := p.Missing(); m != "" {
				t.Skip(m)
			}
			s := mirrored(t)
			o, err := p.Transfer(t.Context(), s)
			if err != nil || o.Bytes != s.File.Length || o.Seconds <= 0 {
				t.Errorf("%+v, %v", o, err)
			}
		})
	}
}

// TestProgramsOfAClientAreMeasuredTogether: the second works for a while, and the
// first hardly at all.
func TestProgramsOfAClientAreMeasuredTogether(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what programs use")
	}
	if m := program("curl", "curl"); m != "" {
		t.Skip(m)
	}
	s := mirrored(t)
	const busy = `i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done`
	o, err := client(t.Context(), s, func(folder string, urls []string) [][]string {
		return [][]string{{"curl", "-sSf", "-o", folder + "/f", urls[0]}, {"sh", "-c", busy}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.CPU < 50*time.Millisecond || o.Seconds < 0.05 || o.DownloaderPeak == 0 {
		t.Errorf("%+v", o)
	}
}
