#!/usr/bin/env bash
# Run all tests: on SQLite, then what touches storage again on PostgreSQL + PostGIS.
# Installs Chromium, PostgreSQL/PostGIS and Mosquitto by apt where it is root and they are missing;
# what cannot be had is named at the end together with the tests left out.
set -uo pipefail
python=${1:-.venv/bin/python}
left_out=()
work=$(mktemp -d)
trap 'stop_postgres; rm -rf "$work"' EXIT

have_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1; }

install_missing() {
  local wanted=()
  command -v chromium >/dev/null || wanted+=(chromium)
  have_postgres || wanted+=(postgresql postgresql-postgis)
  [ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || wanted+=(mosquitto)
  command -v msgfmt >/dev/null || wanted+=(gettext)
  [ ${#wanted[@]} = 0 ] && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return; fi
  echo "Installing ${wanted[*]} ..."
  apt-get update -qq
  # a folder for policy-rc.d: the packages must not start servers of their own
  local policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && trap 'rm -f /usr/sbin/policy-rc.d; stop_postgres; rm -rf "$work"' EXIT; }
  for package in "${wanted[@]}"; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>"$work/apt.log" ||
      { [ "$package" = postgresql-postgis ] && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15-postgis-3 >/dev/null 2>"$work/apt.log"; } ||
      { echo "apt could not install $package:"; tail -n 2 "$work/apt.log"; }
  done
}

start_postgres() {
  bindir=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  owner=()
  if [ "$(id -u)" = 0 ]; then
    owner=(runuser -u postgres --)
    chown postgres "$work"
  fi
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "${owner[@]}" "$bindir/initdb" -D "$work/pg" -U stadtkern -A trust -E UTF8 --locale=C.UTF-8 >"$work/pg.log" 2>&1 || return 1
  "${owner[@]}" "$bindir/pg_ctl" -D "$work/pg" -l "$work/pg-server.log" -w \
    -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$work -c fsync=off" start >>"$work/pg.log" 2>&1 || return 1
}

stop_postgres() { [ -f "$work/pg/postmaster.pid" ] && "${owner[@]}" "$bindir/pg_ctl" -D "$work/pg" -m immediate stop >/dev/null 2>&1; true; }

install_missing
command -v chromium >/dev/null || left_out+=("browser tests (no chromium)")
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || left_out+=("Mosquitto tests (no mosquitto)")
export PATH="$PATH:/usr/sbin"

status=0
tests() { "$python" -m pytest -n "${STADTKERN_TEST_WORKERS:-auto}" --dist loadgroup ${PYTEST_ARGS:-} "$@" || status=1; }
tests -m "not browser"
# Playwright holds an event loop in its process, and these tests empty the database behind them: a process for each file.
# A file that fails is tried once more, because a browser on a busy machine can be slower than any waiting time.
browser_test() {
  local log
  log=$(mktemp)
  "$python" -m pytest ${PYTEST_ARGS:-} "$1" >"$log" 2>&1 || "$python" -m pytest ${PYTEST_ARGS:-} "$1" >>"$log" 2>&1
  local rc=$?
  echo "$1"
  cat "$log"
  rm "$log"
  return $rc
}
export -f browser_test
export python
browser_tests() { printf '%s\n' tests/browser/test_*.py | xargs -P "${STADTKERN_TEST_WORKERS:-2}" -n 1 bash -c 'browser_test "$0"' || status=1; }
command -v chromium >/dev/null && browser_tests

if have_postgres && start_postgres; then
  echo "The storage tests again, on PostgreSQL:"
  export STADTKERN_DATABASE_URL="postgresql://stadtkern@127.0.0.1:$port/postgres"
  tests stadtkern/{places,observations,governance,people,ingest,lorawan,warnings,standards,features,search,catalogue,harvest,community} -m "not browser"
else
  left_out+=("storage tests on PostgreSQL (no PostgreSQL with PostGIS)")
  [ -f "$work/pg.log" ] && tail -n 3 "$work/pg.log"
fi

for line in "${left_out[@]:+${left_out[@]}}"; do echo "Left out: $line"; done
exit $status
