package tracker

import (
	"strings"

	"udptorrent/torrent"
	"udptorrent/tracker/api"
)

// find returns the torrent of that name; of that info-hash if name is empty. Of several
// with one name it takes the only one that has owners.
func (s *swarm) find(infoHash torrent.Hash, name string) (*published, error) {
	if name == "" {
		if p, ok := s.torrents[infoHash]; ok {
			return p, nil
		}
		return nil, api.Errorf(api.UnknownTorrent, "no node ever published torrent %v here", infoHash)
	}
	n, ok := s.names[name]
	if !ok {
		return nil, api.Errorf(api.UnknownTorrent, "no torrent named %q is listed here", name)
	}
	if p := n.meant(); p != nil {
		return p, nil
	}
	return nil, ambiguous(name, n.all)
}

// ambiguous names up to ten torrents of one name, those that are owned first.
func ambiguous(name string, all []*published) error {
	var hashes []string
	for _, p := range all[:min(len(all), 10)] {
		hashes = append(hashes, p.InfoHash.String())
	}
	return api.Errorf(api.AmbiguousName, "%d torrents are named %q; say which by its info-hash: %s", len(all), name, strings.Join(hashes, ", "))
}

const (
	// maxPageBytes bounds the JSON of a page, which is in memory until it is sent.
	maxPageBytes = 128 << 10

	// Of a listing, all but its name has at most listingBytes in JSON, and a byte of the
	// name at most six, as \u003c has.
	listingBytes = 256
	escapedByte  = 6
)

// page lists torrents after the cursor, up to limit and up to maxPageBytes of them, and
// the cursor of the next page.
func (s *swarm) page(after string, limit int) (api.ListAnswer, error) {
	start := 0
	if after != "" {
		infoHash, err := torrent.ParseHash(after)
		if err != nil {
			return api.ListAnswer{}, api.Errorf(api.BadRequest, "after is not a cursor: %v", err)
		}
		i, found := s.place(infoHash)
		if start = i; found {
			start++
		}
	}
	end := min(start+limit, len(s.order))
	answer := api.ListAnswer{Torrents: make([]api.Listing, 0, min(end-start, maxPageBytes/listingBytes))}
	room := maxPageBytes
	for i, infoHash := range s.order[start:end] {
		p := s.torrents[infoHash]
		if room -= listingBytes + escapedByte*len(p.Name); room < 0 {
			end = start + i
			break
		}
		answer.Torrents = append(answer.Torrents, p.listing())
	}
	if end < len(s.order) {
		answer.Next = s.order[end-1].String()
	}
	return answer, nil
}

func (p *published) listing() api.Listing {
	return api.Listing{
		InfoHash: p.InfoHash, Name: p.Name, Length: p.Length,
		PieceLength: p.PieceLength, Pieces: p.Pieces, Owners: len(p.owners), Complete: p.whole,
	}
}
