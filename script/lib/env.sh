# Sourced by every script: where we are, which Node, and how a step is told.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TOOLS=$ROOT/.tools
PATH=$TOOLS/bin:$PATH
export PATH
cd "$ROOT" || exit 1

say() { printf '%s\n' "$*"; }

# fail "what happened" "what to do next"
fail() {
  printf '\nerror: %s\n  → %s\n' "$1" "$2" >&2
  exit "${3:-3}"
}

# step "what is done" command…: tells the step and its time; on failure shows the end of its output and names the step.
step() {
  local what=$1 log started=$SECONDS
  shift
  mkdir -p "$TOOLS"
  log=$(mktemp "$TOOLS/step.XXXXXX")
  printf '  %-58s' "$what"
  if "$@" >"$log" 2>&1; then
    printf '%4ds\n' $((SECONDS - started))
    rm -f "$log"
  else
    local code=$?
    printf 'failed after %ds\n\n' $((SECONDS - started)) >&2
    tail -40 "$log" >&2
    rm -f "$log"
    printf '\nerror: the step "%s" failed (exit code %d).\n  → %s\n' "$what" "$code" "${REMEDY:-Read the lines above; every step may be repeated.}" >&2
    exit 1
  fi
}

is_root() { [ "$(id -u)" = 0 ]; }
have() { command -v "$1" >/dev/null 2>&1; }
on_debian() { [ -r /etc/os-release ] && (. /etc/os-release; [ "$ID" = debian ] || [ "$ID" = ubuntu ]); }

# Debian's packages, where that is how this machine gets software. Fails otherwise.
apt_install() {
  is_root && on_debian || return 1
  export DEBIAN_FRONTEND=noninteractive
  [ -n "$(find /var/lib/apt/lists -name '*Packages*' -print -quit 2>/dev/null)" ] || apt-get -q update || return 1
  apt-get -q -y install --no-install-recommends "$@" || { apt-get -q update && apt-get -q -y install --no-install-recommends "$@"; }
}
