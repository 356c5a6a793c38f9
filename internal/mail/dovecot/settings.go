package dovecot

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"
)

// settings writes the configuration for the version at hand: 2.4 has other names, and says so when it reads the old ones.
func (s *Server) settings(version string) (string, error) {
	uid, gid := s.ids()
	account, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return "", fmt.Errorf("find the name of the account: %w", err)
	}
	group, err := user.LookupGroupId(strconv.Itoa(gid))
	if err != nil {
		return "", fmt.Errorf("find the name of the group: %w", err)
	}
	form := settings23
	switch version = strings.TrimSpace(version); {
	case strings.HasPrefix(version, "2.3."):
	case strings.HasPrefix(version, "2.4."):
		form = settings24
	default:
		return "", fmt.Errorf("dovecot %s: only the settings of 2.3 and 2.4 are known", version)
	}
	return strings.NewReplacer("DIR", s.dir, "TLSPORT", strconv.Itoa(s.TLSPort), "PORT", strconv.Itoa(s.Port),
		"ACCOUNT", account.Username, "GROUP", group.Name).Replace(form + shared), nil
}

// shared runs every part of the server under the one account that starts it, which is the way without root's rights.
const shared = `
base_dir = DIR/run
log_path = DIR/log
listen = 127.0.0.1
default_internal_user = ACCOUNT
default_internal_group = GROUP
default_login_user = ACCOUNT
first_valid_uid = 1
first_valid_gid = 1
auth_failure_delay = 0
service anvil {
  chroot =
  # No pause after a wrong password, which grows with each one.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = PORT
  }
  inet_listener imaps {
    port = TLSPORT
    ssl = yes
  }
}
`

const settings23 = `
state_dir = DIR/state
protocols = imap
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
mail_location = maildir:DIR/mail
passdb {
  driver = passwd-file
  args = username_format=%u DIR/users
}
userdb {
  driver = passwd-file
  args = username_format=%u DIR/users
}
`

const settings24 = `
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
state_dir = DIR/state
protocols = imap
ssl = yes
ssl_server_cert_file = DIR/cert.pem
ssl_server_key_file = DIR/key.pem
mail_driver = maildir
mail_path = DIR/mail
passdb passwd-file {
  passwd_file_path = DIR/users
}
userdb passwd-file {
  passwd_file_path = DIR/users
}
`
