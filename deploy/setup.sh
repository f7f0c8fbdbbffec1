#!/usr/bin/env bash
# Makes a machine ready: Debian packages, virtual environment, front end, then `line111 setup`.
# Each step looks first whether there is anything to do, so that running it again costs seconds;
# it may be interrupted at any moment and started again.
#
#   deploy/setup.sh [product|demo|tests]     what the machine is for (each includes the former)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-product}
lock=${LINE111_LOCK:-requirements/dev.lock} # production: requirements/runtime.lock
log=$(mktemp -t line111-setup.XXXXXX)
child=
trap 'rm -f "$log"' EXIT
trap 'if [ -n "$child" ]; then kill -- "-$child" 2>/dev/null || true; fi; echo; echo "Interrupted; run it again to go on."; exit 130' INT TERM

say() { printf '%s\n' "$*"; }

fail() { # fail WHAT HOW-TO-MEND
  say "" "Set-up stopped: $1" "To mend it: $2" >&2
  exit 1
}

# run WHAT HOW-TO-MEND COMMAND…: runs it quietly, shows that it is alive, and its last lines if it fails.
run() {
  local what=$1 mend=$2 began=$SECONDS shown=0
  shift 2
  printf '  %s …' "$what"
  set -m # a process group of its own, so that an interruption ends all of it
  "$@" >"$log" 2>&1 </dev/null &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - began >= shown + 10)); then
      shown=$((SECONDS - began))
      printf ' %s s' "$shown"
    fi
  done
  if wait "$child"; then
    child=
    printf ' done in %s s\n' "$((SECONDS - began))"
  else
    child=
    printf ' failed after %s s\n' "$((SECONDS - began))"
    tail -n 20 "$log" | sed 's/^/    | /' >&2
    fail "$what" "$mend"
  fi
}

# Packages of the list that this purpose asks for and this machine lacks.
missing_packages() {
  local for package command reason wanted=()
  while IFS='|' read -r for package command reason; do
    for=${for// /} package=${package// /} command=${command// /}
    case $for in
      product) ;;
      demo) [ "$purpose" != product ] || continue ;;
      tests) [ "$purpose" = tests ] || continue ;;
      *) continue ;;
    esac
    if [ "$command" != - ] && command -v "$command" >/dev/null; then continue; fi
    wanted+=("$package")
  done < <(grep -v '^ *\(#\|$\)' deploy/debian-packages.txt)
  if ((${#wanted[@]})); then
    comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
      <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort)
  fi
}

debian_packages() {
  local missing
  command -v dpkg-query >/dev/null || fail "this is no Debian machine" "install what deploy/debian-packages.txt lists by hand"
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if [ "$(id -u)" != 0 ]; then
    fail "Debian packages are missing, and only root may install them" "as root: apt-get install ${missing[*]}"
  fi
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  run "list of Debian packages" "look at the network and at /etc/apt/sources.list" "${apt[@]}" update
  run "Debian packages: ${missing[*]}" "run 'dpkg --configure -a' and try again" \
    "${apt[@]}" install --no-install-recommends "${missing[@]}"
}

# done_for MARK TEXT: whether the mark file says that this very text was worked through.
done_for() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
mark() { printf '%s' "$2" >"$1.part" && mv "$1.part" "$1"; }
hash_of() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64; }

python_environment() {
  local python=/usr/bin/python3 state
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is older than 3.11" "use Debian 12 or newer"
  state="$(pwd) $("$python" -V) $(hash_of "$lock" pyproject.toml)"
  if done_for .venv/.line111-ready "$state" && [ -x .venv/bin/line111 ]; then return; fi
  # A virtual environment holds absolute paths: one that was made elsewhere is made anew.
  if ! grep -qsF "$(pwd) " .venv/.line111-ready && [ -f .venv/.line111-ready ] ||
    ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    run "virtual environment" "apt-get install python3-venv; remove .venv" "$python" -m venv --clear .venv
  fi
  local pip=(.venv/bin/python -m pip --disable-pip-version-check --no-input)
  run "Python packages ($lock)" "look at the network and try again; what is there already is kept" \
    "${pip[@]}" install --require-hashes --retries 5 -r "$lock"
  run "line111 itself" "remove .venv and try again" "${pip[@]}" install --no-deps --no-build-isolation -e .
  mark .venv/.line111-ready "$state"
}

front_end() {
  local packages built
  packages="$(node --version) $(hash_of package.json package-lock.json)"
  if ! done_for node_modules/.line111-ready "$packages"; then
    # No install scripts: esbuild's program comes inside its package, the script only shortens its start.
    run "front-end packages" "look at the network; remove node_modules and try again" \
      npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    mark node_modules/.line111-ready "$packages"
  fi
  built="$packages $(hash_of console/frontend)"
  if done_for node_modules/.line111-built "$built" && [ -f console/static/dist/manifest.json ]; then return; fi
  run "the screens' front end" "run 'npm run build' and read what it says" npm run build
  mark node_modules/.line111-built "$built"
}

debian_packages
python_environment
front_end
exec .venv/bin/line111 setup
