package segment

import "time"

// meter measures the delivery rate, as draft-cheng-iccrg-delivery-rate-estimation
// does for a sender: how many bytes arrived between the asking for a block and
// its arrival, over the longer of the times that asking and arriving took. What
// the asking was slowed by does not count as the path's speed, and a burst of
// arrivals after a pause does not either. One REQUEST is one sending event.
type meter struct {
	delivered   int64     // bytes that have arrived
	deliveredAt time.Time // when the last of them did
	firstSent   time.Time // when the block that began the current sample was asked for
	limitedTo   int64     // samples are app-limited until this many bytes arrived

	// The newest block of the arrivals since the last rate().
	newest *burst
}

// snapshot is the meter's state when a REQUEST left.
type snapshot struct {
	delivered   int64
	deliveredAt time.Time
	firstSent   time.Time
	limited     bool
}

// sent returns what a REQUEST that leaves now has to remember.
func (m *meter) sent(now time.Time, inFlight int) snapshot {
	if inFlight == 0 {
		m.firstSent, m.deliveredAt = now, now
	}
	return snapshot{m.delivered, m.deliveredAt, m.firstSent, m.limited()}
}

// starved notes that there was room in the window and nothing to ask for: what
// is in flight now tells less than the path could do.
func (m *meter) starved(inFlight int) {
	m.limitedTo = max(m.delivered+int64(inFlight), 1)
}

// limited reports whether what is in flight tells less than the path could do.
func (m *meter) limited() bool { return m.limitedTo > m.delivered }

// arrived counts n bytes of a block that was asked for in b.
func (m *meter) arrived(now time.Time, n int, b *burst) {
	m.delivered += int64(n)
	m.deliveredAt = now
	if m.newest == nil || b.at.After(m.newest.at) {
		m.newest = b
	}
}

// rateSample is what the arrivals of one batch tell.
type rateSample struct {
	rate    float64 // bytes per second; 0 if the time was too short to tell
	prior   int64   // bytes delivered when the newest block was asked for
	limited bool    // the asking, not the path, may have been the limit
}

// sample ends the batch of arrivals since the last call. ok is false if there
// were none. Times shorter than minRTT tell of bursts, not of rates.
func (m *meter) sample(minRTT time.Duration) (s rateSample, ok bool) {
	b := m.newest
	if b == nil {
		return s, false
	}
	m.newest = nil
	asking := b.at.Sub(b.snap.firstSent)
	arriving := m.deliveredAt.Sub(b.snap.deliveredAt)
	m.firstSent = b.at
	s = rateSample{prior: b.snap.delivered, limited: b.snap.limited}
	if took := max(asking, arriving); took >= minRTT && took > 0 {
		s.rate = float64(m.delivered-b.snap.delivered) / took.Seconds()
	}
	return s, true
}

// maxFilter keeps the greatest value of the last span rounds, with the three
// candidates of Kathleen Nichols' windowed filter. The zero value is empty.
type maxFilter struct {
	best [3]struct {
		round int
		value float64
	}
}

// update takes in a value of round and forgets those of rounds before round-span.
func (f *maxFilter) update(round int, value float64, span int) {
	b := &f.best
	if value >= b[0].value || round-b[2].round > span {
		for i := range b {
			b[i].round, b[i].value = round, value
		}
		return
	}
	if value >= b[1].value {
		b[1].round, b[1].value = round, value
		b[2] = b[1]
	} else if value >= b[2].value {
		b[2].round, b[2].value = round, value
	}
	switch {
	case round-b[0].round > span:
		b[0], b[1] = b[1], b[2]
		b[2].round, b[2].value = round, value
		if round-b[0].round > span {
			b[0], b[1] = b[1], b[2]
		}
	case b[1].round == b[0].round && round-b[1].round > span/4:
		b[1].round, b[1].value = round, value
		b[2] = b[1]
	case b[2].round == b[1].round && round-b[2].round > span/2:
		b[2].round, b[2].value = round, value
	}
}

// max returns the greatest value, 0 if there is none.
func (f *maxFilter) max() float64 { return f.best[0].value }
