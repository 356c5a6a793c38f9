package app

import (
	"context"
	"fmt"
	"net/http"

	"nichoir/internal/config"
	"nichoir/internal/mail"
	"nichoir/internal/queue"
	"nichoir/internal/web"
	"nichoir/internal/web/render"
	"nichoir/templates"
)

// newQueue puts the workers on the services.
func (a *App) newQueue(o Options) (*queue.Queue, error) {
	composer, err := mail.NewComposer(templates.Files, a.Catalogue)
	if err != nil {
		return nil, fmt.Errorf("read the mails: %w", err)
	}
	smtp := o.Config.SMTP
	sender, err := mail.NewSender(mail.Options{Host: smtp.Host, Port: smtp.Port, TLS: mail.TLS(smtp.TLS), User: smtp.User,
		Password: smtp.Password.Reveal(), From: smtp.From, Now: o.Now})
	if err != nil {
		return nil, err
	}
	mailbox, err := a.mailbox(o)
	if err != nil {
		return nil, err
	}
	bounces, _, err := addressKeys(o, "bounces")
	if err != nil {
		return nil, err
	}
	return queue.New(queue.Options{
		DB: a.DB, Provisioning: a.Provisioning, Onboarding: a.Onboarding, Identity: a.Identity,
		Directory: a.Directory, Linking: a.Linking, Tickets: a.Tickets, Inbox: a.Inbox, Webhooks: a.Webhooks,
		ReplyDomain: o.Config.Inbox.Domain(), BounceKey: bounces, Tends: a.tends(), Mailbox: mailbox,
		Composer: composer, Sender: sender, Links: web.Links{Base: string(o.Config.BaseURL)}, Metrics: a.Metrics, Log: o.Log,
		Workers: queue.Share(o.Config.Workers), Schedules: schedules(o.Config.Schedule), Tick: o.Tick,
	})
}

func schedules(s config.Schedule) map[string]string {
	return map[string]string{
		queue.ScheduleRelease:   string(s.Release),
		queue.ScheduleProvision: string(s.Provision),
		queue.ScheduleSweep:     string(s.Sweep),
		queue.ScheduleSupport:   string(s.Support),
		queue.ScheduleInbox:     string(s.Inbox),
		queue.ScheduleExpiries:  string(s.Expiries),
	}
}

// newSite puts the pages on the services.
func (a *App) newSite(o Options, ready func(context.Context) error) (http.Handler, error) {
	pages, err := render.New(render.Options{Files: templates.Files, Catalogue: a.Catalogue})
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	site, err := web.New(web.Options{
		Identity: a.Identity, Onboarding: a.Onboarding, Provisioning: a.Provisioning,
		Directory: a.Directory, Linking: a.Linking, Tickets: a.Tickets, Inbox: a.Inbox, Webhooks: a.Webhooks, Render: pages, Log: o.Log,
		BaseURL: string(o.Config.BaseURL), ParseAddress: mail.ParseAddress, Suggest: mail.Suggest, Metrics: a.Metrics,
		TrustedProxies: o.Config.Proxies, Ready: ready, Contact: string(o.Config.SupportURL),
		Legal: string(o.Config.LegalURL), Privacy: string(o.Config.PrivacyURL), Terms: string(o.Config.TermsURL),
		Guides: string(o.Config.GuidesURL), Forum: string(o.Config.ForumURL), HelpAddress: o.Config.Inbox.InboxAddress,
		Demo: o.Demo, Now: o.Now, Rand: o.Rand,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the pages: %w", err)
	}
	return site.Handler(), nil
}
