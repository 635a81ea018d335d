package main

// An event is one line that a node prints with -json; docs/commands.md says what the
// fields mean. Those that the demo has no use for are left out.
type event struct {
	Event   string `json:"event"` // progress, sharing, done, failed, ...
	Error   string `json:"error"`
	Message string `json:"message"`

	File        string `json:"file"`
	Path        string `json:"path"`
	TorrentPath string `json:"torrent_path"`
	InfoHash    string `json:"info_hash"`
	SHA1        string `json:"sha1"`
	SHA1Checked bool   `json:"sha1_checked"`
	Owned       bool   `json:"owned"` // the tracker knows

	Phase   string  `json:"phase"`
	Bytes   int64   `json:"bytes"`
	Length  int64   `json:"length"`
	Rate    float64 `json:"rate"` // bytes/s
	Pieces  int     `json:"pieces"`
	Seconds float64 `json:"seconds"`

	Owners []ownerEvent `json:"owners"`
}

// An ownerEvent is one owner's part in a progress or done.
type ownerEvent struct {
	Node  int     `json:"node_id"`
	Bytes int64   `json:"bytes"`
	Rate  float64 `json:"rate"` // bytes/s
	State string  `json:"state"`
	From  int64   `json:"from"` // what is left of its chunk: [From, To)
	To    int64   `json:"to"`
}

func (o ownerEvent) active() bool { return o.State == "active" }
func (o ownerEvent) gone() bool   { return o.State == "gone" || o.State == "banned" }
