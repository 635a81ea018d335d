package tracker

import "math"

// maxWindows is the most owners whose receipts of one node are remembered one by one.
const maxWindows = 4096

// receipts remembers which receipts of one downloader were shown: a window for each owner
// that showed one. Past maxWindows the owner goes whose last is the oldest, since serials
// grow over all owners, and whatever is as old counts as shown. So nothing counts twice.
type receipts struct {
	floor   uint64         // serials up to it count as shown
	windows map[int]window // by owner
}

// has reports whether an owner has shown that serial, or may have.
func (r *receipts) has(owner int, serial uint64) bool {
	w := r.windows[owner]
	return serial <= r.floor || w.has(serial)
}

// add marks a serial as shown by an owner.
func (r *receipts) add(owner int, serial uint64) {
	w, ok := r.windows[owner]
	if !ok && len(r.windows) >= maxWindows {
		r.drop()
	}
	if r.windows == nil {
		r.windows = make(map[int]window)
	}
	w.add(serial)
	r.windows[owner] = w
}

// drop lets go of the owner whose last serial is the oldest.
func (r *receipts) drop() {
	oldest, high := 0, uint64(math.MaxUint64)
	for owner, w := range r.windows {
		if w.high < high || w.high == high && owner < oldest {
			oldest, high = owner, w.high
		}
	}
	r.floor = max(r.floor, high)
	delete(r.windows, oldest)
}
