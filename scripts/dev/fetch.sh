# What `servers`, `brokers`, `clients` and `shells` share: the place for what is fetched, packages of the system,
# and jars.
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

# Java, and Maven too where jars are missing (their number is given): without it there may be another way.
needs_java() {
  local packages=()
  have java || packages+=(default-jre-headless)
  (($1 == 0)) || have mvn || packages+=(maven)
  if ((${#packages[@]})) && may_install; then
    apt_install "${packages[@]}" || true
  fi
  have java || die "java is missing: install a JRE (Debian: apt-get install default-jre-headless)"
}

# One `<dependency>` for each `group:artifact:version`.
pom() {
  local coordinates group artifact version
  cat <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>zkx</groupId>
  <artifactId>jars</artifactId>
  <version>0</version>
  <packaging>pom</packaging>
  <dependencies>
END
  for coordinates; do
    IFS=: read -r group artifact version <<<"$coordinates"
    cat <<END
    <dependency>
      <groupId>$group</groupId>
      <artifactId>$artifact</artifactId>
      <version>$version</version>
    </dependency>
END
  done
  printf '  </dependencies>\n</project>\n'
}

# Fetches the jars of `group:artifact:version`s and of all they need, except for the artifacts EXCLUDED
# (with commas), into the directory PLACE, which is there only when it is whole.
fetch_jars() (
  place=$1 excluded=$2 tmp=$1.$$
  shift 2
  trap 'rm -rf "$tmp"' EXIT
  mkdir -p "$tmp"
  pom "$@" >"$tmp/pom.xml"
  quietly mvn -B -q -f "$tmp/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$tmp/jars" -DincludeScope=runtime -DexcludeArtifactIds="$excluded" || return 1
  mv "$tmp/jars" "$place"
)
