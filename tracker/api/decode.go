package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"udptorrent/torrent"
)

// Limits of what travels. The tracker refuses more before it parses.
const (
	MaxNodeID  = 1<<31 - 1
	MaxTorrent = 8 << 20               // bytes of a .torrent
	MaxBody    = 16 << 10              // bytes of a request that carries no .torrent
	MaxOwnBody = MaxTorrent/3*4 + 4096 // bytes of an OWN: base64, and the rest
	MaxSecret  = 128                   // bytes of a secret
	MaxPage    = 1000                  // torrents in one ListAnswer
	MaxWant    = 50                    // owners that a NEED may ask for
)

// A Request is a message that can say whether it is well formed.
type Request interface {
	// Validate returns a BadRequest or TooLarge error, or nil.
	Validate() error
}

// Decode reads one JSON object of at most limit bytes into req and validates it. It
// refuses fields that req does not have and anything after the object. The error is
// an *Error.
func Decode(r io.Reader, limit int64, req Request) error {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return Errorf(BadRequest, "the body ended early: %v", err)
	}
	if int64(len(body)) > limit {
		return Errorf(TooLarge, "the body is over %d bytes", limit)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(req); err != nil {
		return Errorf(BadRequest, "the body is not a message of this kind: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Errorf(BadRequest, "the body goes on after its JSON object")
	}
	return req.Validate()
}

// Validate checks the range of the node id and the presence of a secret.
func (c *Credentials) Validate() error {
	if err := checkNodeID(c.NodeID); err != nil {
		return err
	}
	if c.Secret == "" {
		return Errorf(BadRequest, "secret is missing: it comes with the answer to register")
	}
	return checkSecret(c.Secret)
}

// Validate checks the ranges of node id and port.
func (m *RegisterRequest) Validate() error {
	if err := checkNodeID(m.NodeID); err != nil {
		return err
	}
	if m.Port < 1 || m.Port > 65535 {
		return Errorf(BadRequest, "port is %d and must be 1 to 65535", m.Port)
	}
	return checkSecret(m.Secret)
}

// Validate checks that the torrent is there or is named, and that what is withdrawn is
// named.
func (m *OwnRequest) Validate() error {
	if err := m.Credentials.Validate(); err != nil {
		return err
	}
	switch {
	case m.Withdraw && (len(m.Torrent) > 0 || m.InfoHash.IsZero()):
		return Errorf(BadRequest, "a withdrawal carries info_hash, and no torrent")
	case (len(m.Torrent) == 0) == m.InfoHash.IsZero():
		return Errorf(BadRequest, "own carries torrent, or info_hash of one that is listed, and not both")
	case len(m.Torrent) > MaxTorrent:
		return Errorf(TooLarge, "the torrent is over %d bytes: make it with longer pieces", MaxTorrent)
	}
	return nil
}

// Validate checks that the torrent is named in exactly one way, and the range of want.
func (m *NeedRequest) Validate() error {
	if err := m.Credentials.Validate(); err != nil {
		return err
	}
	if m.InfoHash.IsZero() == (m.Name == "") {
		return Errorf(BadRequest, "need names a torrent by info_hash or by name, and not by both")
	}
	if len(m.Name) > torrent.MaxName {
		return Errorf(BadRequest, "name is over %d bytes", torrent.MaxName)
	}
	if m.Want < 0 || m.Want > MaxWant {
		return Errorf(BadRequest, "want is %d and must be 0 to %d", m.Want, MaxWant)
	}
	return nil
}

// Validate checks that there is a receipt of a possible size.
func (m *UpdateRequest) Validate() error {
	if err := m.Credentials.Validate(); err != nil {
		return err
	}
	if len(m.Receipt) == 0 || len(m.Receipt) > MaxReceipt {
		return Errorf(BadRequest, "receipt has %d bytes and must have 1 to %d", len(m.Receipt), MaxReceipt)
	}
	return nil
}

func checkNodeID(id int) error {
	if id < 1 || id > MaxNodeID {
		return Errorf(BadRequest, "node_id is %d and must be 1 to %d", id, MaxNodeID)
	}
	return nil
}

func checkSecret(secret string) error {
	if len(secret) > MaxSecret {
		return Errorf(BadRequest, "secret is over %d bytes", MaxSecret)
	}
	return nil
}
