package netem

// Lose has the lines of a host lose packets with other probabilities from now on.
func (s *Star) Lose(host int, up, down float64) {
	s.do(func() {
		h := s.router.hosts[host]
		h.up.cfg.Loss, h.down.cfg.Loss = up, down
	})
}
