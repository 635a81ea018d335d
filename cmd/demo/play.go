package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// A script says what is played.
type script struct {
	size   int64  // of the file, in bytes
	owners []line // of node 1, node 2, ...
	victim int    // the node that is killed half-way; 0 is none
}

// A line is the simulated line of a node.
type line struct {
	mbit  int
	delay time.Duration // one way
	loss  float64
}

// lesson is the script of make demo.
var lesson = script{
	size: 256 << 20,
	owners: []line{
		{mbit: 40, delay: 5 * time.Millisecond, loss: 0.005},
		{mbit: 60, delay: 10 * time.Millisecond, loss: 0.005},
		{mbit: 100, delay: 15 * time.Millisecond, loss: 0.005},
	},
	victim: 2,
}

func (l line) flags() []string {
	return []string{
		"-link.rate", fmt.Sprintf("%dmbit", l.mbit), "-link.delay", l.delay.String(),
		"-link.loss", fmt.Sprint(l.loss), "-link.seed", "7",
	}
}

func (l line) String() string {
	return fmt.Sprintf("%d Mbit/s, %d ms each way, %.1f %% loss", l.mbit, l.delay.Milliseconds(), l.loss*100)
}

// A play is a script being played.
type play struct {
	script
	stage *stage
	out   *screen
	began time.Time

	original string // path of the file
	sum      string // its SHA-1
	torrent  string // path of a .torrent of it
	nodes    []*process
	watch    watch
	journal  *journal      // of the node that downloads
	killed   time.Duration // when the victim was, 0 is not
}

func (p *play) now() time.Duration { return time.Since(p.began) }

func (p *play) say(format string, args ...any) { p.out.say(p.now(), fmt.Sprintf(format, args...)) }

// run plays act after act.
func (p *play) run(ctx context.Context) error {
	for _, act := range []func(context.Context) error{p.prepare, p.serve, p.download} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the file and starts the tracker.
func (p *play) prepare(ctx context.Context) (err error) {
	p.original = filepath.Join(p.stage.folder, "lecture 7.mp4")
	p.say("make %q, %s of random bytes", filepath.Base(p.original), size(p.size))
	if p.sum, err = makeFile(p.original, p.size, 7); err != nil {
		return err
	}
	p.say("start the tracker: it knows who has what; the file itself never passes it")
	return p.stage.startTracker(ctx)
}

// serve has the owners send the file.
func (p *play) serve(ctx context.Context) error {
	p.say("start nodes 1 to %d, each with the file: torrent -setMode send %s", len(p.owners), filepath.Base(p.original))
	p.say("each hashes the pieces, writes the .torrent and tells the tracker that it owns the file")
	sharing := make([]chan event, len(p.owners))
	for i, l := range p.owners {
		path, err := giveFile(p.original, p.stage.nodeFolder(i+1))
		if err != nil {
			return err
		}
		sharing[i] = make(chan event, 1)
		node, err := p.stage.startNode(i+1, l.flags(), "torrent -setMode send "+path+"\n", func(e event) {
			if e.Event == "sharing" || e.Event == "failed" {
				sharing[i] <- e
			}
		})
		if err != nil {
			return err
		}
		p.nodes = append(p.nodes, node)
	}
	for i, l := range p.owners {
		e, err := await(ctx, p.nodes[i], sharing[i])
		if err == nil && (e.Event != "sharing" || e.SHA1 != p.sum) {
			err = fmt.Errorf("node %d does not share the file: %s", i+1, e.Error)
		}
		if err != nil {
			return err
		}
		p.torrent = e.TorrentPath
		p.say("node %d serves the %d pieces over a line of %v", i+1, e.Pieces, l)
	}
	return nil
}

// download has one more node fetch the file, and kills the victim meanwhile.
func (p *play) download(ctx context.Context) error {
	id := len(p.owners) + 1
	p.say("start node %d: torrent -setMode download %s", id, filepath.Base(p.torrent))
	p.say("it asks the tracker who has the file, and each of them for a part of it")
	p.journal = p.stage.log(id)
	events := make(chan event)
	node, err := p.stage.startNode(id, []string{"torrent", "-setMode", "download", p.torrent}, "", func(e event) {
		select {
		case events <- e:
		case <-ctx.Done():
		}
	})
	if err != nil {
		return err
	}
	for {
		e, err := await(ctx, node, events)
		switch {
		case err != nil:
			return err
		case e.Event == "failed":
			return fmt.Errorf("node %d: %s", id, e.Error)
		case e.Event == "done":
			return p.verify(e)
		case e.Event == "progress":
			err = p.progress(e)
		}
		if err != nil {
			return err
		}
	}
}

// progress tells and shows how the download gets on.
func (p *play) progress(e event) error {
	decisions, err := p.journal.read()
	if err != nil {
		return err
	}
	for _, news := range p.watch.decided(decisions) {
		p.say("%s", news)
	}
	p.watch.take(e)
	if len(e.Owners) > 0 {
		p.out.show(p.now(), &p.watch, time.Now())
	}
	if p.victim != 0 && p.killed == 0 && e.Bytes >= p.size/2 {
		p.killed = p.now()
		p.say("half is here: kill -9 node %d; it says no goodbye, its datagrams just stop", p.victim)
		p.nodes[p.victim-1].kill()
	}
	return nil
}

// verify compares what was downloaded with the original and sums up.
func (p *play) verify(done event) error {
	p.watch.finish()
	p.out.clear()
	p.say("all %d pieces are here; the SHA-1 of each was checked before it was written", done.Pieces)
	sum, err := compareFiles(p.original, done.Path)
	switch {
	case err != nil:
		return err
	case sum != p.sum || done.SHA1 != sum || !done.SHA1Checked:
		return fmt.Errorf("the SHA-1 of the original is %s, of the download %s, and the node says %s", p.sum, sum, done.SHA1)
	case p.victim != 0 && p.killed == 0:
		return errors.New("the download was done before a node could be killed: try a larger file, -mib")
	}
	p.say("the file, byte by byte beside the original: they are the same")
	p.summary(done)
	return nil
}

// summary says who delivered what.
func (p *play) summary(done event) {
	w := p.out.w
	fmt.Fprintf(w, "\nwho delivered which part:\n\n  [%s]\n\n", p.watch.shares(mostBar))
	for i, l := range p.owners {
		var bytes int64
		for _, o := range done.Owners {
			if o.Node == i+1 {
				bytes = o.Bytes
			}
		}
		fate := ""
		if i+1 == p.victim {
			fate = fmt.Sprintf(", killed at %.1f s", p.killed.Seconds())
		}
		fmt.Fprintf(w, "  node %d  %4s MB  %3.0f %%  (%d Mbit/s%s)\n", i+1, number(bytes), 100*float64(bytes)/float64(p.size), l.mbit, fate)
	}
	fmt.Fprintf(w, "\n  %s in %.1f s, %.1f MB/s", size(done.Bytes), done.Seconds, float64(done.Bytes)/done.Seconds/1e6)
	if more := p.watch.arrived() - done.Bytes; more >= 0 {
		fmt.Fprintf(w, "; %.2f %% came twice", 100*float64(more)/float64(done.Bytes))
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "  SHA-1 of the original  %s\n  SHA-1 of the download  %s\n", p.sum, done.SHA1)
}
