package linking

// MaxProposals is how many a lead gets at once.
const MaxProposals = 3

// Match returns up to limit candidates that fit the needs, best first, each with its reasons.
func Match(n Needs, among []Candidate, seed int64, limit int) []Proposal { return nil }
