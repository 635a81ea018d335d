// Package store keeps what a tracker knows on disk. It has no idea what that is: a
// change is a line of bytes, a snapshot is a named file, a torrent is a named blob.
//
// The folder:
//
//	lock                      held by the one process that may write here
//	nodes.json, files.json    snapshots, replaced atomically: always whole
//	changes-<seq>.log         the changes since, in files named by their first change
//	torrents/<hex>.torrent    blobs, each written before any change names it
//
// Changes are numbered from 1 without gaps. Append returns once its changes are on
// the disk, all with one fsync. The log is a row of frames, one for each Append, big
// endian:
//
//	 0  4  magic, "utl1"
//	 4  4  length of the body in bytes
//	 8  4  CRC-32C over all that follows
//	12  8  number of the first change
//	20     the body: the changes, each ended by a newline
//
// A frame is written only after the one before it is on the disk. So after a crash
// only the last frame can be torn, and such a tail was never acknowledged: it is cut
// off. A bad frame that is followed by a good one is damage to what was acknowledged:
// the store refuses to open and touches nothing.
package store
