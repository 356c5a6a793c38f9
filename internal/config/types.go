package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/robfig/cron/v3"
)

const (
	redacted = "[secret]"
	keyBytes = 32
)

// Secret is a text that shows itself to nobody but the caller of Reveal.
type Secret struct{ value string }

// Reveal returns the text.
func (s Secret) Reveal() string { return s.value }

// UnmarshalText takes the text as it is.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}

// Format covers every verb of fmt, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText covers JSON and every other text encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue covers slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Key is 32 bytes that show themselves to nobody but the caller of Reveal.
type Key struct{ bytes [keyBytes]byte }

// NewKey wraps the bytes, for tests and for the embedded default.
func NewKey(b [keyBytes]byte) Key { return Key{b} }

// Reveal returns the bytes.
func (k Key) Reveal() [keyBytes]byte { return k.bytes }

// UnmarshalText reads base64, with or without padding.
func (k *Key) UnmarshalText(text []byte) error {
	s := strings.TrimRight(strings.TrimSpace(string(text)), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		b, err = base64.RawURLEncoding.DecodeString(s)
	}
	if err != nil {
		return errors.New("is not base64") // the cause would quote a part of it
	}
	if len(b) != keyBytes {
		return fmt.Errorf("holds %d bytes, not %d", len(b), keyBytes)
	}
	if slices.Equal(b, make([]byte, keyBytes)) {
		return errors.New("is all zeroes")
	}
	k.bytes = [keyBytes]byte(b)
	return nil
}

// Format covers every verb of fmt.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText covers JSON and every other text encoding.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue covers slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// Keys are keys that were in use before, in any order. They show themselves to nobody either.
type Keys []Key

// UnmarshalText reads keys between commas.
func (k *Keys) UnmarshalText(text []byte) error {
	*k = nil
	for part := range strings.SplitSeq(string(text), ",") {
		var key Key
		if err := key.UnmarshalText([]byte(part)); err != nil {
			return fmt.Errorf("holds a key that %w", err)
		}
		*k = append(*k, key)
	}
	return nil
}

// URL is an absolute http, https or mailto address without a slash at its end.
type URL string

// UnmarshalText checks the address.
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := url.Parse(string(text))
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case parsed.Scheme == "mailto" && parsed.Opaque != "":
	case (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Hostname() != "":
	default:
		return errors.New("is not an absolute URL")
	}
	if parsed.User != nil {
		return errors.New("holds a user name, which everybody would see")
	}
	*u = URL(strings.TrimRight(string(text), "/"))
	return nil
}

// Prefixes is a list of networks; a single address is a network of one.
type Prefixes []netip.Prefix

// UnmarshalText reads networks or addresses between commas.
func (p *Prefixes) UnmarshalText(text []byte) error {
	*p = nil
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		network, err := netip.ParsePrefix(part)
		if err != nil {
			addr, addrErr := netip.ParseAddr(part)
			if addrErr != nil {
				return fmt.Errorf("%q is neither a network nor an address", part)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		*p = append(*p, network.Masked())
	}
	return nil
}

// Cron is a schedule of five fields, or a word such as @hourly.
type Cron string

// UnmarshalText checks that the schedule can be read and means UTC.
func (c *Cron) UnmarshalText(text []byte) error {
	spec := strings.TrimSpace(string(text))
	if strings.Contains(spec, "TZ=") {
		return errors.New("names a time zone; schedules are in UTC")
	}
	if _, err := cron.ParseStandard(spec); err != nil {
		return fmt.Errorf("is not a schedule of five fields: %w", err)
	}
	*c = Cron(spec)
	return nil
}

// TLS is starttls, tls or none.
type TLS string

// UnmarshalText checks the word.
func (t *TLS) UnmarshalText(text []byte) error {
	if !slices.Contains([]string{"starttls", "tls", "none"}, string(text)) {
		return fmt.Errorf("is %q", text)
	}
	*t = TLS(text)
	return nil
}

// LogFormat is json or text.
type LogFormat string

// UnmarshalText checks the word.
func (l *LogFormat) UnmarshalText(text []byte) error {
	if string(text) != "json" && string(text) != "text" {
		return fmt.Errorf("is %q", text)
	}
	*l = LogFormat(text)
	return nil
}

// isLoopback tells whether a host name or address is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
