#!/usr/bin/env bash
# Make a virtual environment where Debian's python3 comes without its venv part.
set -euo pipefail
python=$1 folder=$2
rm -rf "$folder"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing python3-venv ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$(basename "$(readlink -f "$(command -v "$python")")")-venv" >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  exec "$python" -m venv "$folder"
fi
echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
exit 1
