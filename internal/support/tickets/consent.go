package tickets

import (
	"context"
	"time"

	"nichoir/internal/identity"
)

// Consent records or revokes that the provider may see the context; by the lead and the co-leads. Again: no error, and the
// first time stands.
func (s *Service) Consent(ctx context.Context, publicID string, on bool, by identity.Person) error {
	return s.step(ctx, publicID, by, func(c *change) error { return c.consent(ctx, on) })
}

func (c *change) consent(ctx context.Context, on bool) error {
	if err := c.mustBe(SideSpace); err != nil {
		return err
	}
	if on == (!c.row.ConsentAt.IsZero() && c.row.RevokedAt.IsZero()) {
		return nil
	}
	if on {
		c.row.ConsentAt, c.row.ConsentByID, c.row.RevokedAt = c.now, c.me.Person.ID, time.Time{}
	} else {
		c.row.RevokedAt = c.now
	}
	if err := c.save(ctx); err != nil {
		return err
	}
	return c.audit(ctx, "ticket.consent", map[string]any{"on": on})
}
