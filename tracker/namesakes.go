package tracker

import "slices"

// namesakes are the torrents of one name. The first owned of them have owners; otherwise
// they are in no order. Each knows its place.
type namesakes struct {
	all   []*published
	owned int
}

// add takes in a torrent without owners.
func (n *namesakes) add(p *published) {
	p.place = len(n.all)
	n.all = append(n.all, p)
}

// sift puts a torrent where it belongs, after it has got its first owner or has lost its
// last. Where it belongs already it stays.
func (n *namesakes) sift(p *published) {
	switch owned := p.place < n.owned; {
	case len(p.owners) > 0 && !owned:
		n.swap(p.place, n.owned)
		n.owned++
	case len(p.owners) == 0 && owned:
		n.owned--
		n.swap(p.place, n.owned)
	}
}

func (n *namesakes) swap(i, j int) {
	n.all[i], n.all[j] = n.all[j], n.all[i]
	n.all[i].place, n.all[j].place = i, j
}

// remove lets go of torrents that have no owners.
func (n *namesakes) remove(gone func(p *published) bool) {
	n.all = slices.DeleteFunc(n.all, gone)
	for i, p := range n.all {
		p.place = i
	}
}

// meant returns the torrent that the name means: the only one that is owned, or the only
// one. It is nil if there are several.
func (n *namesakes) meant() *published {
	if n.owned == 1 || len(n.all) == 1 {
		return n.all[0]
	}
	return nil
}
