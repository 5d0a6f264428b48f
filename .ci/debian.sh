#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# debian.sh build|test|servers|lint|fuzz ...: makes sure that the Debian packages of these purposes are there.
#
# Asks apt for what is missing and for nothing else, and only as root or with sudo; otherwise prints the line to run and
# fails. The one list of system packages: CONTRIBUTING.md says why each library was taken.
set -euo pipefail

declare -A packages=(
  [build]="build-essential cmake ninja-build pkg-config libsimdjson-dev libdeflate-dev libarchive-dev zlib1g-dev libidn2-dev libssl-dev libc-ares-dev libcurl4-openssl-dev"
  [test]="libgtest-dev"
  [servers]="iproute2 nsd unbound nginx-light postfix ldnsutils"
  [lint]="clang clang-tidy libgtest-dev"
  [fuzz]="clang llvm libclang-rt-dev"
)

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "error: mxseal needs Python 3.11 or later, and $python is not" >&2
  echo "  do  name another one: make PYTHON=/path/to/python3.11 ..." >&2
  exit 1
fi

wanted=()
for purpose in "$@"; do
  read -ra list <<<"${packages[$purpose]:?no such purpose: $purpose}"
  wanted+=("${list[@]}")
done
# Debian cuts these two parts out of its Python; another Python brings them itself.
"$python" -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)
"$python" -c 'import os, sysconfig, sys; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
  wanted+=(python3-dev)

if ! command -v dpkg-query >/dev/null; then
  echo "warning: this is not Debian, so nothing was installed; what Debian calls ${wanted[*]} must be there" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  # sudo may ask for a password where somebody is there to answer.
  if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=(sudo)
  else
    echo "error: these Debian packages are missing, and only root may install them" >&2
    echo "  do  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi
echo "installing Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! "${as_root[@]}" apt-get update -qq >"$log" 2>&1 ||
  ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "error: apt-get could not install ${missing[*]}" >&2
  exit 1
fi
