package tracker

func runAsTracker() bool { return false }
