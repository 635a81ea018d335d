package node

import (
	"time"

	"udptorrent/tracker/api"
)

// A downloader signs a receipt for what an owner delivered and was verified, after so
// many bytes, or when so long has passed and there is anything to thank for. A fast owner
// gets no more of them than one in thankPause, since each is work for the tracker.
const (
	thankBytes = 4 << 20
	thankEvery = 5 * time.Second
	thankPause = time.Second
)

// thank hands receipts to the owners that are due one.
func (t *transfer) thank(now time.Time) {
	for _, o := range t.owners {
		waited := now.Sub(o.thankAt)
		if o.verified-o.thanked >= thankBytes && waited >= thankPause || waited >= thankEvery {
			t.sign(o, now)
		}
	}
}

// thankAll hands out the last receipts.
func (t *transfer) thankAll(now time.Time) {
	for _, o := range t.owners {
		t.sign(o, now)
	}
}

func (t *transfer) sign(o *owner, now time.Time) {
	due := o.verified - o.thanked
	if due == 0 || o.state != OwnerActive {
		return
	}
	o.thanked, o.thankAt = o.verified, now
	who := t.node.member.credentials()
	t.source.Receipt(o.number, api.SignReceipt(who.Secret, api.Receipt{
		Downloader: who.NodeID,
		Owner:      o.node,
		InfoHash:   t.tor.InfoHash,
		Serial:     t.node.serials.Next(),
		Bytes:      due,
	}))
}
