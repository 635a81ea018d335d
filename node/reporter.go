package node

import (
	"time"

	"udptorrent/torrent"
)

// reportEvery is how often progress is reported.
const reportEvery = 200 * time.Millisecond

// A reporter hands progress to the caller of an operation, from a goroutine of its
// own: a caller that is slow to take it gets the latest and holds nobody up. show and
// end are for one goroutine at a time.
type reporter struct {
	latest chan Progress // holds one
	ended  chan struct{}

	shown Progress // by the goroutine that calls show
	at    time.Time
}

// startReporter returns a reporter to report, which may be nil.
func startReporter(report func(Progress)) *reporter {
	r := &reporter{latest: make(chan Progress, 1), ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		for p := range r.latest {
			if report != nil {
				report(p)
			}
		}
	}()
	return r
}

// show reports p, if it is time to or if it brings news.
func (r *reporter) show(p Progress, now time.Time) {
	news := p.Phase != r.shown.Phase || p.Message != r.shown.Message
	if !news && now.Sub(r.at) < reportEvery {
		return
	}
	r.shown, r.at = p, now
	select {
	case <-r.latest: // nobody took it in time
	default:
	}
	r.latest <- p
}

// during calls do, and reports p if that takes time.
func (r *reporter) during(p Progress, do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return
	case <-time.After(reportEvery):
	}
	r.show(p, time.Now())
	<-done
}

// checking is the progress of comparing a file with t, at its beginning.
func checking(file string, t *torrent.Torrent) Progress {
	return Progress{
		Phase: PhaseChecking, File: file, InfoHash: t.InfoHash, Length: t.Length, PiecesTotal: t.NumPieces(),
	}
}

// bytes returns a function that reports p with the number of bytes that are done, the
// pieces that they make, and the rate. Bytes are done in whole pieces of pieceLength, of
// which only the last of the file is shorter; 0 counts no pieces.
func (r *reporter) bytes(p Progress, pieceLength int64) func(done int64) {
	began := time.Now()
	return func(done int64) {
		now := time.Now()
		p.Bytes = done
		if pieceLength > 0 {
			p.Pieces = int((done + pieceLength - 1) / pieceLength)
		}
		p.Rate = float64(done) / max(now.Sub(began).Seconds(), 1e-3)
		p.ETA = eta(p.Length-done, p.Rate)
		r.show(p, now)
	}
}

// end waits until the last report is taken. After it there is none.
func (r *reporter) end() {
	close(r.latest)
	<-r.ended
}

// eta returns how long left bytes take at a rate in bytes/s; -1 is unknown.
func eta(left int64, rate float64) time.Duration {
	const forever = float64(1000 * time.Hour)
	if t := float64(left) / rate * float64(time.Second); rate > 0 && t < forever {
		return time.Duration(t)
	}
	return -1
}
