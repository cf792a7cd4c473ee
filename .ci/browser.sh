#!/usr/bin/env bash
# Builds the program and drives its pages in a real chromium (web/e2e). Exit 77: no browser here, and CI is not set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=""
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
command -v "${KAITUAN_TEST_CHROMIUM:-chromium}" >/dev/null 2>&1 || missing="$missing chromium"
# shellcheck disable=SC2086 # a list of words
if [ -n "$missing" ] && ! .ci/install.sh $missing; then
	echo "browser: needs$missing" >&2
	[ "${CI:-}" = true ] && exit 1
	exit 77
fi

if [ ! web/e2e/node_modules/.package-lock.json -nt web/e2e/package-lock.json ]; then
	npm ci --prefix web/e2e --no-audit --no-fund --loglevel=error
fi
make --no-print-directory build
# Every wait in these tests is bounded by itself.
node --test web/e2e/*.test.mjs
