// Command pipe moves a file over UDP as fast as this machine can, with nothing that a
// protocol needs: no cookies, no congestion control, no recovery of single losses. What
// it reaches is the limit for any protocol that moves the same datagrams and verifies
// the same pieces.
//
//	pipe -serve FILE                          prints its address, serves until it is ended
//	pipe -fetch FILE.torrent -to FILE ADDR…   fetches, verifies, prints a JSON line
//
// The fetching side asks for 256 KiB with one datagram, and holds a window of such
// requests. Datagrams go out with segmentation offload and come in merged (UDP_SEGMENT,
// UDP_GRO). Datagrams of whole pages and a header, such as 61452 bytes, are sent from the
// file's cache, and received into the piece that they belong to. SHA-1 is computed from
// memory on all cores. Only Linux has all that.
package main
