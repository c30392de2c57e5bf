#!/usr/bin/env bash
# All checks that are not tests. Runs every one and fails at the end if one failed.
set -uo pipefail
bin=.venv/bin
failed=()
check() {
  local name=$1
  shift
  if output=$("$@" 2>&1); then echo "ok      $name"; else echo "FAILED  $name" && echo "$output" | tail -n 40 && failed+=("$name"); fi
}
check "ruff format" $bin/ruff format --check .
check "ruff" $bin/ruff check .
check "mypy" $bin/mypy stadtkern tests
check "layers" $bin/lint-imports
check "templates" $bin/djlint stadtkern --lint --quiet
check "migrations" $bin/python -m stadtkern makemigrations --check --dry-run
check "translations" $bin/python -m stadtkern.config.messages --check
check "dependencies" $bin/deptry .
check "dead code" $bin/vulture
check "licences" $bin/reuse lint --quiet
[ ${#failed[@]} = 0 ] || { echo "Failed: ${failed[*]}"; exit 1; }
