package inbox

import "time"

// Keeps is for how long a mail is kept as it came, and an answer from an address that nobody has confirmed.
func (s *Service) Keeps() (raw, held time.Duration) { return s.opts.KeepRaw, s.opts.HeldFor }
