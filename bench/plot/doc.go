// Package plot draws what the trace of a node says about the congestion control of
// its downloads, as pictures in SVG: what came, what was asked for, what was on its
// way, how long it took and what was lost, over time.
//
// The corners of the package:
//
//	trace.go      the samples in a trace file
//	series.go     curves made of samples
//	thin.go       fewer points that look the same
//	axis.go       round numbers and units for axes
//	canvas.go     SVG elements
//	panel.go      curves over an axis of values
//	figure.go     panels, one above the other, over one axis of time
//	colors.go     what colour each has
//	options.go    what a picture is to show
//	download.go   the picture of one download
//	share.go      the picture of several downloads
//
// A trace is documented in docs/commands.md, what its fields mean in docs/protocol.md.
package plot
