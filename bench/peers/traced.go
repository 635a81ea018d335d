package peers

import "udptorrent/bench/rig"

// Traced is like Download, and has the node write the samples of its congestion
// control to a file.
func (w *Swarm) Traced(h rig.Host, path string) (*Download, error) {
	return w.downloader(h, "-trace", path, "torrent", "-setMode", "download", w.metainfo())
}
