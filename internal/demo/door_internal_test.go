package demo

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestDoorOpensOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	handler := onThisMachine(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	for host, want := range map[string]int{
		"127.0.0.1:8025": http.StatusOK, "127.0.0.1": http.StatusOK, "localhost:8025": http.StatusOK, "[::1]:8025": http.StatusOK,
		"[::1]": http.StatusOK, "evil.example:8025": http.StatusMisdirectedRequest, "evil.example": http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example": http.StatusMisdirectedRequest, "192.0.2.7:8025": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/door", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s is answered %d, want %d", host, w.Code, want)
		}
	}
}
