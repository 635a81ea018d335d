package plot

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the pictures of testdata anew")

// tiny is the trace of a short download from two owners.
func tiny(t *testing.T) Trace {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "tiny.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	downloads, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return downloads[0]
}

var options = Options{
	Title: "Tiny", About: "a < b & c", Line: []Step{{Rate: 2e6}, {200 * time.Millisecond, 1e6}},
	Marks: []Mark{{200 * time.Millisecond, "slower"}, {time.Hour, "not to be seen"}},
}

func TestPicturesAreAsTheyWere(t *testing.T) {
	trace := tiny(t)
	one, two := Trace(trace.owners()[0].samples), Trace(trace.owners()[1].samples)
	for name, got := range map[string][]byte{
		"one.svg":   Download(one, options),
		"two.svg":   Download(trace, Options{Origin: trace[0].Time, From: 50 * time.Millisecond, To: 250 * time.Millisecond}),
		"share.svg": Share([]Flow{{"first", one}, {"second", two}}, options),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; look at it, and go test -update if it is right", name)
		}
	}
}

func TestPicturesAreXML(t *testing.T) {
	decoder := xml.NewDecoder(bytes.NewReader(Download(tiny(t), options)))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLongTracesMakeSmallPictures(t *testing.T) {
	var trace Trace
	for node := range 3 {
		trace = append(trace, steady(node+1, 1e6*float64(node+1), 0, time.Minute)...)
	}
	for i := range trace {
		trace[i].InFlight, trace[i].RTT, trace[i].Lost = float64(i%977)*100, float64(i%89), int64(i)
		trace[i].Mode = modeColors[i/3%len(modeColors)].mode
	}
	picture := Download(trace, Options{})
	if len(picture) > 200<<10 {
		t.Errorf("%d bytes", len(picture))
	}
}
