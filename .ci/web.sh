#!/usr/bin/env bash
# Builds the apps in web/: types from the specification, type check, unit tests, bundle, size. `web.sh all` is what
# make web runs. Exit 77: no Node here, and CI is not set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=""
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
# shellcheck disable=SC2086 # a list of words
if [ -n "$missing" ] && ! .ci/install.sh $missing; then
	echo "web: needs$missing" >&2
	[ "${CI:-}" = true ] && exit 1
	exit 77
fi

for app in web/*/vite.config.ts; do
	app=$(dirname "$app")
	if [ ! "$app/node_modules/.package-lock.json" -nt "$app/package-lock.json" ]; then
		npm ci --prefix "$app" --no-audit --no-fund --loglevel=error
	fi
	echo "web: $app"
	for step in types test build; do
		npm run --prefix "$app" --silent "$step"
	done
done
