#!/usr/bin/env bash
# Make a virtual environment with uv in it, also where Debian's python3 comes without its venv part.
set -euo pipefail
python=$1 folder=$2
rm -rf "$folder"
pip() { "$@" --disable-pip-version-check install --quiet uv; }

# the pip that the machine has saves the three seconds in which venv unpacks another one
if "$python" -m venv --without-pip "$folder" && pip "$python" -m pip --python "$folder/bin/python" 2>/dev/null; then
  exit
fi
rm -rf "$folder"
if ! "$python" -m venv "$folder" 2>/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
  fi
  echo "Installing python3-venv ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$(basename "$(readlink -f "$(command -v "$python")")")-venv" >/dev/null ||
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  "$python" -m venv "$folder"
fi
pip "$folder/bin/python" -m pip
