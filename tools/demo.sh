#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh: the bundled archive of reports in three views. Some of its files are broken on purpose, so each ends with status 1.
set -euo pipefail
for view in "" " --by result_type" " --list errors"; do
  printf '\n$ mxseal reports tests/data/archive%s\n' "$view"
  read -ra options <<<"$view"
  status=0
  .venv/bin/mxseal reports tests/data/archive "${options[@]}" || status=$?
  [ "$status" = 1 ] || exit "$((status ? status : 1))"
done
