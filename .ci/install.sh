#!/usr/bin/env bash
# install.sh PACKAGE... installs Debian packages without starting a system service they bring along.
# Exit 1 where that cannot be done: not Debian, not root, or apt failed. Every step is bounded in time.
set -euo pipefail

command -v apt-get >/dev/null 2>&1 || exit 1
[ "$(id -u)" = 0 ] || { echo "install: $* missing, and only root can install" >&2; exit 1; }

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then # a machine that has one has decided for itself
	printf '#!/bin/sh\n# Made by kaituan for the time of one apt-get install.\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
install() { timeout 600 apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >&2; }

echo "install: apt-get install $*" >&2
install "$@" && exit 0
# The package lists may be old, or absent in a fresh image.
timeout 300 apt-get update -q >&2 && install "$@"
