package queue

import (
	"context"

	"nichoir/internal/mail"
	"nichoir/internal/postgres"
	"nichoir/internal/support/webhooks"
)

func (w *sendMail) aboutWebhook(ctx context.Context, m postgres.Mail) (any, error) {
	hook, providerPublicID, err := w.opts.Webhooks.ByID(ctx, m.Ref)
	if err != nil {
		return nil, err
	}
	p, err := w.opts.Directory.ByPublicID(ctx, providerPublicID)
	if err != nil {
		return nil, err
	}
	member, err := w.isMember(ctx, p.ID, m.Recipient)
	if err != nil {
		return nil, err
	}
	if !member || hook.State != webhooks.Letters()[m.Template] { // resumed or paused since
		return nil, errGone
	}
	return mail.WebhookMail{Provider: p.Profile.Name, URL: hook.URL, Page: w.opts.Links.Webhooks(p.PublicID)}, nil
}
