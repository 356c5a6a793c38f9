package nextcloud

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server and returns a client of it, and what the client observed.
func serve(t *testing.T, handler http.HandlerFunc) (*Client, *observations) {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return connect(t, Options{BaseURL: srv.URL})
}

// connect returns a client with the usual login.
func connect(t *testing.T, o Options) (*Client, *observations) {
	t.Helper()
	seen := &observations{}
	o.User, o.Password, o.Observe = "service", testPassword, seen.add
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c, seen
}

const testPassword = "tr0p-secret-pour-un-journal"

type observations struct {
	mu  sync.Mutex
	all []Observation
}

func (o *observations) add(seen Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, seen)
}

// last is the latest observation, its duration left out.
func (o *observations) last(t *testing.T) Observation {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.all) == 0 {
		t.Fatal("nothing was observed")
	}
	seen := o.all[len(o.all)-1]
	if seen.Duration <= 0 {
		t.Error("no duration")
	}
	seen.Duration = 0
	return seen
}

// answerOCS writes an OCS answer of version 2's style.
func answerOCS(w http.ResponseWriter, status, code int, data string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	word := "failure"
	if code == ocsDoneV1 || code == ocsDoneV2 {
		word = "ok"
	}
	_, _ = w.Write([]byte(`{"ocs":{"meta":{"status":"` + word + `","statuscode":` + itoa(code) + `,"message":"non"},"data":` + data + `}}`))
}
