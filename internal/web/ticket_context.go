package web

import (
	"net/url"

	"nichoir/internal/i18n"
	"nichoir/internal/support/tickets"
	"nichoir/internal/web/render"
)

// ticketContext is what may be told of the space, beside the conversation.
type ticketContext struct {
	Title   i18n.Message
	State   render.Tag
	Facts   []render.Fact
	Gauge   *render.Gauge // nil until read
	ReadAt  i18n.Message
	Seats   render.Seats
	Stopped []i18n.Message
}

func contextOf(v tickets.View) *ticketContext {
	c := v.Context
	if c == nil {
		return nil
	}
	out := &ticketContext{
		Title: i18n.Raw(c.Space), State: render.StateTag("space", string(c.State)), Seats: render.Seats{Taken: c.Seats, Total: c.Max},
		Facts: []render.Fact{{Label: i18n.M("ticket.context.suite"), Value: suiteName(c.Suite)}},
	}
	if c.Version != "" {
		out.Facts = append(out.Facts, render.Fact{Label: i18n.M("ticket.context.version"), Value: i18n.Raw(c.Version)})
	}
	if u, err := url.Parse(c.Address); err == nil && u.Host != "" {
		out.Facts = append(out.Facts, render.Fact{Label: i18n.M("ticket.context.address"), Value: i18n.Raw(u.Host), URL: c.Address})
	}
	if !c.ReadAt.IsZero() {
		out.Gauge = &render.Gauge{Label: i18n.M("ticket.context.room"), Used: c.Used, Total: c.Total}
		out.ReadAt = i18n.M("ticket.context.read", "When", c.ReadAt)
	}
	for _, st := range c.Stopped {
		step := stepName(st.Name)
		if st.StartedAt.IsZero() {
			out.Stopped = append(out.Stopped, step)
			continue
		}
		out.Stopped = append(out.Stopped, i18n.M("ticket.context.step", "Step", step, "When", st.StartedAt))
	}
	return out
}
