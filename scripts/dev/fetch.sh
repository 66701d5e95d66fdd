# What `servers`, `clients` and `shells` share: the place for what is fetched, and packages of the system.
# shellcheck shell=bash

readonly self=${0##*/}
readonly cache=${ZKX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zkx}

say() { printf '%s\n' "$*" >&2; }
die() { say "$self: $*"; exit 1; }
have() { command -v "$1" >/dev/null; }

# Two checkouts may provision at once: the second one waits and finds all done.
one_at_a_time() {
  mkdir -p "$cache"
  exec 9>"$cache/.lock"
  ! have flock || flock 9
}

# Runs a command; what it says is shown only when it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

may_install() { have apt-get && ((EUID == 0)); }

apt_install() {
  say "installing $*"
  quietly apt-get update -qq || return 1
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -qq --no-install-recommends "$@"
}
