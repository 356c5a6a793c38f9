package nextcloudtest

import "slices"

// appPolicy and appFolders are the apps whose absence changes answers.
const (
	appPolicy  = "password_policy"
	appFolders = "groupfolders"
)

// defaultApps returns what was enabled on the recorded server.
func defaultApps(v Version, policy bool, more []string) []string {
	apps := []string{
		"files", "cloud_federation_api", "comments", "contactsinteraction", "dashboard", "dav", "federatedfilesharing",
		"federation", "files_reminders", "files_sharing", "files_trashbin", "files_versions", appFolders,
		"lookup_server_connector", "notifications", "oauth2", "provisioning_api", "settings", "sharebymail", "systemtags",
		"theming", "twofactor_backupcodes", "updatenotification", "user_status", "viewer", "weather_status", "workflowengine",
	}
	if v == V32 {
		apps = append(apps,
			"activity", "app_api", "bruteforcesettings", "circles", "files_downloadlimit", "files_pdfviewer", "firstrunwizard",
			"logreader", "nextcloud_announcements", "photos", "privacy", "profile", "recommendations", "related_resources",
			"serverinfo", "support", "survey_client", "text", "webhook_listeners")
	}
	if policy {
		apps = append(apps, appPolicy)
	}
	apps = append(apps, more...)
	slices.SortFunc(apps, compareApps)
	return slices.Compact(apps)
}

// installed are the apps on the server's disk, enabled or not: what the recorded
// servers carried, and what a host of spaces is given.
func installed(v Version) []string {
	return defaultApps(v, true, []string{
		"admin_audit", "encryption", "files_external", "suspicious_login", "twofactor_totp", "user_ldap",
		Collabora, OnlyOffice, "calendar", "contacts", "notes", "spreed", "deck", "mail", "tasks", "forms", "polls", "collectives",
	})
}

// alwaysOn are the apps that cannot be disabled.
func alwaysOn(app string) bool {
	return slices.Contains([]string{
		"files", "cloud_federation_api", "dav", "federatedfilesharing", "lookup_server_connector", "oauth2", "provisioning_api",
		"settings", "theming", "twofactor_backupcodes", "viewer", "workflowengine",
	}, app)
}

// recordedSettings are the keys that a new server of that version has.
func recordedSettings(v Version) map[string]map[string]string {
	core := map[string]string{
		"installedat":   "1795292100.5",
		"lastupdatedat": "1795292130",
		"public_files":  "files_sharing/public.php",
		"vendor":        "nextcloud",
	}
	if v == V27 {
		core["moveavatarsdone"] = "yes"
		core["previewsCleanedUp"] = "1"
		core["public_webdav"] = "dav/appinfo/v1/publicwebdav.php"
	} else {
		core["files_metadata"] = "{}"
	}
	return map[string]map[string]string{
		"core":    core,
		"theming": {"name": "Espaces associatifs"},
	}
}
