package node

import (
	"context"
	"slices"
	"testing"
	"time"
)

func noUpload(c *Config) { c.NoUpload = true }

// serves checks what the node shares, by name, and that the tracker lists owners for that and
// for nothing else.
func (p *peer) serves(want ...string) {
	p.s.t.Helper()
	eventually(p.s.t, "the tracker knows", func() bool {
		own, withdraw := p.library.unannounced()
		return len(own)+len(withdraw) == 0
	})
	var shared, listed []string
	for _, st := range p.Status().Shared {
		shared = append(shared, st.File)
	}
	list, err := p.List(context.Background())
	if err != nil {
		p.s.t.Fatal(err)
	}
	for _, l := range list {
		if l.Owners > 0 {
			listed = append(listed, l.Name)
		}
	}
	slices.Sort(listed)
	if !slices.Equal(shared, want) || !slices.Equal(listed, want) {
		p.s.t.Errorf("shares %q, listed are %q, want %q", shared, listed, want)
	}
}

func TestWithoutUploadEarlierDownloadsAreNotServed(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 100_000)
	o := s.node(1)
	a := o.share("a", content).InfoHash
	p := s.node(2)
	p.fetch("a", content)
	o.Close()
	p.serves("a")

	// A killed node is still listed when it comes back.
	p.kill()
	p = s.node(2, noUpload)
	p.serves()
	p.share("b", noise(2, 1000)) // and the list is saved
	p.serves("b")
	_, err := s.node(3, func(c *Config) { c.Patience = time.Second }).Download(context.Background(), a.String(), nil)
	if err == nil {
		t.Error("it was served")
	}

	p.Close()
	p = s.node(2)
	p.serves("a", "b")
	s.node(4).fetch("a", content)
}

func TestWithoutUploadADownloadThatIsSentIsServed(t *testing.T) {
	s := newSwarm(t)
	content := noise(1, 100_000)
	o := s.node(1)
	a := o.share("a", content).InfoHash
	p := s.node(2)
	p.fetch("a", content)
	o.Close()
	p.Close()
	p = s.node(2, noUpload)
	p.serves()
	shared, err := p.Send(context.Background(), "a", nil)
	if err != nil || shared.InfoHash != a {
		t.Fatalf("%+v, %v", shared, err)
	}
	p.serves("a")
	p.Close()
	p = s.node(2, noUpload)
	p.serves("a")
	s.node(3).fetch("a", content)
}
