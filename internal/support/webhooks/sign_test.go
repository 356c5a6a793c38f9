package webhooks

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// The example of the specification of Standard Webhooks' reference libraries.
func TestSignAsTheSpecificationDoes(t *testing.T) {
	t.Parallel()
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := Sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecretsAreOfTheSpecifiedSize(t *testing.T) {
	t.Parallel()
	secret, shown, err := newSecret(strings.NewReader(strings.Repeat("nichoir!", 4)))
	if err != nil {
		t.Fatal(err)
	}
	if len(secret) < 24 || len(secret) > 64 || shown != "whsec_"+base64.StdEncoding.EncodeToString(secret) {
		t.Errorf("%d bytes, shown as %s", len(secret), shown)
	}
}

func TestOnlyPublicAddressesAreReached(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true, "193.252.19.3": true,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "::": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "::ffff:10.0.0.1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "fec0::1": false,
		"100.64.0.1": false, "198.18.0.1": false, "192.0.0.8": false, "203.0.113.9": false, "240.0.0.1": false, "255.255.255.255": false,
		"224.0.0.1": false, "ff02::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:db8::1": false, "::7f00:1": false,
		"2001::1": false, "64:ff9b:1::1": false, "::ffff:0:7f00:1": false, "100::1": false, "5f00::1": false, "4000::1": false, "2a00:1450::1": true,
	} {
		if got := Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("Public(%s) = %t", address, got)
		}
	}
}

func TestAddressesOfWebhooks(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://outil.example.org/nichoir?x=1": "https://outil.example.org/nichoir?x=1",
		"\thttps://outil.example.org/a#b":       "https://outil.example.org/a",
		"https://outil.example.org:8443/":       "https://outil.example.org:8443/",
		"https://outil.example.org:70000/":      "",
		"https://outil.example.org:0/":          "",
		"http://outil.example.org/":             "",
		"https://2130706433/":                   "",
		"https://localhost/":                    "",
		"https://LOCALHOST./":                   "",
		"https://imprimante.local/":             "",
		"https://base.internal/":                "",
		"https://127.0.0.1/":                    "",
		"https://[::1]/":                        "",
		"https://169.254.169.254/latest":        "",
		"https://moi:secret@outil.example.org/": "",
		"https://outil/":                        "",
		"https:///nichoir":                      "",
		"ftp://outil.example.org/":              "",
		"javascript:alert(1)":                   "",
		"":                                      "",
		"https://outil.example.org/" + strings.Repeat("a", urlMax): "",
	} {
		if got, ok := checkURL(raw, false); got != want && ok || ok != (want != "") {
			t.Errorf("checkURL(%q) = %q, %t", raw, got, ok)
		}
	}
}
