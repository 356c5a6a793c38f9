#!/usr/bin/env bash
# deps.sh NEED...: makes sure that go, postgresql, chromium, dovecot and gcc are
# there, as far as they are named. What is missing is installed when apt-get may be
# used (root, or sudo without a password); otherwise it is named, with status 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}

die() {
    printf '%s\n' "$@" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Go cannot be installed from here: distributions carry it too old.
check_go() {
    local want version
    want=$(awk '$1 == "go" { print $2 }' go.mod)
    have "$GO" || die "Go is not installed. Nichoir needs Go $want or later: see https://go.dev/doc/install"
    # From 1.21 on, an older Go fetches the version that go.mod asks for.
    version=$("$GO" version 2>&1) || die "Go cannot provide version $want:" "$version"
    version=$(sed -nE 's/^go version go([0-9]+(\.[0-9]+)*).*/\1/p' <<<"$version")
    if [[ $(printf '%s\n%s\n' "$want" "$version" | sort -V | head -n 1) != "$want" ]]; then
        die "Go $version is too old. Nichoir needs Go $want or later: see https://go.dev/doc/install"
    fi
}

have_postgresql() {
    have postgres && have initdb && return
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

# Ubuntu's package of this name may install a stub that only points to a snap:
# a browser counts when it answers.
have_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
        if have "$name" && timeout 30 "$name" --version >/dev/null 2>&1; then
            return
        fi
    done
    return 1
}

# The server is not in an ordinary user's path.
have_dovecot() { { have dovecot || [[ -x /usr/sbin/dovecot ]]; } && [[ -x /usr/lib/dovecot/imap || -x /usr/libexec/dovecot/imap ]]; }

have_gcc() { have gcc && [[ -e /usr/include/stdlib.h ]]; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_install() {
    have apt-get && { ((EUID == 0)) || { have sudo && sudo -n true 2>/dev/null; }; }
}

# install PACKAGE...: without starting a service. Nichoir's clusters are its
# own; the one that the package makes stays as it is, and stopped.
install() {
    local policy=/usr/sbin/policy-rc.d made=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made=1
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    local status=0
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
            -o DPkg::Lock::Timeout=300 install "$@" >/dev/null || status=$?
    if [[ -n $made ]]; then
        as_root rm -f "$policy"
        trap - EXIT
    fi
    return "$status"
}

missing=()
for need in "$@"; do
    case $need in
    go) check_go ;;
    postgresql) have_postgresql || missing+=(postgresql) ;;
    chromium) have_chromium || missing+=(chromium) ;;
    dovecot) have_dovecot || missing+=(dovecot-imapd) ;;
    gcc) have_gcc || missing+=(gcc libc6-dev) ;;
    *) die "deps.sh: nothing is known of $need" ;;
    esac
done
((${#missing[@]} > 0)) || exit 0

if ! may_install; then
    die "missing: ${missing[*]}" \
        "Install them and try again; on Debian and Ubuntu: sudo apt-get install ${missing[*]}"
fi
echo "installing ${missing[*]}" >&2
if ! install "${missing[@]}"; then
    die "apt-get could not install: ${missing[*]}" \
        "On Ubuntu, chromium comes as a snap only: install it so, or google-chrome, and try again."
fi

# Installed is not yet usable: a stub of a browser, a package without its server.
for need in "$@"; do
    case $need in
    chromium) have_chromium || die "chromium was installed and does not run; install google-chrome in its place and try again." ;;
    dovecot) have_dovecot || die "dovecot-imapd was installed and brought no server; see /usr/sbin/dovecot." ;;
    postgresql) have_postgresql || die "postgresql was installed and brought no server; see /usr/lib/postgresql." ;;
    esac
done
