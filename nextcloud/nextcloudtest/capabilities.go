package nextcloudtest

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"net/http"
)

// recorded holds what the live servers said of themselves.
//
//go:embed recorded/*.json
var recorded embed.FS

func recordedJSON(name string, v Version) ([]byte, failure) {
	data, err := recorded.ReadFile("recorded/" + name + "-" + v.String() + ".json")
	if err != nil {
		return nil, failure{code: uncaught}
	}
	return data, failure{}
}

// capabilities are as recorded, with the parts of apps that are disabled left
// out and those of an office suite added.
func capabilities(st *store, _ *call, _ login, _ []string) (any, failure) {
	data, f := recordedJSON("capabilities", st.version)
	if f.refused() {
		return nil, f
	}
	var body struct {
		Version      json.RawMessage            `json:"version"`
		Capabilities map[string]json.RawMessage `json:"capabilities"`
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, failure{code: uncaught}
	}
	for _, app := range []string{appFolders, appPolicy} {
		if !st.appEnabled(app) {
			delete(body.Capabilities, app)
		}
	}
	if _, has := body.Capabilities[appPolicy]; !has && st.appEnabled(appPolicy) {
		body.Capabilities[appPolicy] = marshal(object{{"minLength", minPassword}, {"enforceNonCommonPassword", true}})
	}
	if _, has := body.Capabilities[appFolders]; has && len(st.folders) > 0 {
		body.Capabilities[appFolders] = marshal(st.foldersCapability())
	}
	for _, suite := range []string{Collabora, OnlyOffice} {
		if st.appEnabled(suite) {
			body.Capabilities[suite] = marshal(object{{"version", "1.0.0"}})
		}
	}
	return body, failure{}
}

func (st *store) foldersCapability() object {
	o := object{{"hasGroupFolders", true}}
	if st.version == V32 {
		o = append(object{{"appVersion", "20.1.5"}}, o...)
	}
	return o
}

const appPasswordLength = 72

func makeAppPassword(st *store, _ *call, who login, _ []string) (any, failure) {
	if who.appToken != "" {
		return nil, failure{code: http.StatusForbidden, message: "You cannot request an new apppassword with an apppassword"}
	}
	token := (rand.Text() + rand.Text() + rand.Text())[:appPasswordLength]
	st.tokens[hash(token)] = accountKey(who.account.id)
	return map[string]string{"apppassword": token}, failure{}
}

func revokeAppPassword(st *store, _ *call, who login, _ []string) (any, failure) {
	if who.appToken == "" {
		return nil, failure{code: http.StatusForbidden, message: "no app password in use"}
	}
	delete(st.tokens, who.appToken)
	return nil, failure{}
}
