#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh: the attacks that MTA-STS exists for, played on a laboratory on loopback, and the bundled archive of reports in three
# views. Some of its files are broken on purpose, so each view ends with status 1.
set -euo pipefail
printf '\n$ mxseal lab attacks\n'
.venv/bin/mxseal lab attacks
for view in "" " --by result_type" " --list errors"; do
  printf '\n$ mxseal reports tests/data/archive%s\n' "$view"
  read -ra options <<<"$view"
  status=0
  .venv/bin/mxseal reports tests/data/archive "${options[@]}" || status=$?
  [ "$status" = 1 ] || exit "$((status ? status : 1))"
done
