package nextcloudtest

import (
	"encoding/json"
	"net/http"
	"slices"
)

func settingRoutes() []ocsRoute {
	const config = "apps/provisioning_api/api/v1/config/apps"
	return []ocsRoute{
		{http.MethodGet, "cloud/apps", CallListApps, forAdmins, false, listApps},
		{http.MethodGet, "cloud/apps/*", CallOther, forAdmins, false, readApp},
		{http.MethodPost, "cloud/apps/*", CallEnableApp, forAdmins, true, enableApp},
		{http.MethodDelete, "cloud/apps/*", CallDisableApp, forAdmins, true, disableApp},
		{http.MethodGet, config, CallOther, forAdmins, false, appsWithSettings},
		{http.MethodGet, config + "/*", CallOther, forAdmins, false, keysOfApp},
		{http.MethodGet, config + "/*/*", CallReadSetting, forAdmins, false, readSetting},
		{http.MethodPost, config + "/*/*", CallSetSetting, forAdmins, true, setSetting},
		{http.MethodDelete, config + "/*/*", CallDeleteSetting, forAdmins, true, deleteSetting},
	}
}

func listApps(st *store, c *call, _ login, _ []string) (any, failure) {
	apps := []string{}
	filter := c.Values.Get("filter")
	if filter != "" && filter != "enabled" && filter != "disabled" {
		return nil, failure{code: 101}
	}
	if filter != "disabled" {
		apps = append(apps, st.apps...)
	}
	if filter != "enabled" {
		for _, app := range installed(st.version) {
			if !st.appEnabled(app) {
				apps = append(apps, app)
			}
		}
	}
	return map[string][]string{"apps": apps}, failure{}
}

func noApp() failure { return failure{code: ocsNotFound, message: "The request app was not found"} }

func (st *store) knowsApp(app string) bool {
	return st.appEnabled(app) || slices.Contains(installed(st.version), app)
}

func readApp(st *store, _ *call, _ login, params []string) (any, failure) {
	app := params[0]
	if !st.knowsApp(app) {
		return nil, noApp()
	}
	if app != appFolders {
		return object{{"id", app}, {"name", app}, {"version", "1.0.0"}}, failure{}
	}
	data, f := recordedJSON(appFolders, st.version)
	return json.RawMessage(data), f
}

func enableApp(st *store, _ *call, _ login, params []string) (any, failure) {
	if !st.knowsApp(params[0]) {
		return nil, noApp()
	}
	st.setApp(params[0], true)
	return nil, failure{}
}

func disableApp(st *store, _ *call, _ login, params []string) (any, failure) {
	if alwaysOn(params[0]) {
		return nil, failure{code: uncaught}
	}
	st.setApp(params[0], false)
	return nil, failure{}
}

func appsWithSettings(st *store, _ *call, _ login, _ []string) (any, failure) {
	return map[string][]string{"data": sortedKeys(st.settings)}, failure{}
}

func keysOfApp(st *store, _ *call, _ login, params []string) (any, failure) {
	return map[string][]string{"data": sortedKeys(st.settings[params[0]])}, failure{}
}

func readSetting(st *store, c *call, _ login, params []string) (any, failure) {
	return map[string]string{"data": st.setting(params[0], params[1], c.Values.Get("defaultValue"))}, failure{}
}

func setSetting(st *store, c *call, _ login, params []string) (any, failure) {
	if f := protected(params[1]); f.refused() {
		return nil, f
	}
	st.setSetting(params[0], params[1], c.Values.Get("value"))
	return nil, failure{}
}

func deleteSetting(st *store, _ *call, _ login, params []string) (any, failure) {
	if f := protected(params[1]); f.refused() {
		return nil, f
	}
	st.deleteSetting(params[0], params[1])
	return nil, failure{}
}

// protected refuses the keys that Nextcloud keeps for itself.
func protected(key string) failure {
	if slices.Contains([]string{"installed_version", "enabled", "types"}, key) {
		return failure{code: http.StatusForbidden, data: map[string]any{"data": map[string]string{"message": "The given key can not be set"}}}
	}
	return failure{}
}
