#!/usr/bin/env bash
# Runs the generators into place and fails, showing the difference, when a generated file was not up to date.
# It compares with the files as they were a moment ago, so it works on uncommitted work and without git.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -R api "$before/api"

make --no-print-directory generate >&2
if ! diff -ru "$before/api" api; then
	echo "drift: generated code was stale; it has been written again, commit it" >&2
	exit 1
fi

# What is not in git, and generated code that nobody committed, would be missing from a fresh clone.
if git rev-parse --git-dir >/dev/null 2>&1; then
	uncommitted=$(grep -rlE '^// Code generated .* DO NOT EDIT\.$' api --include='*.go' |
		while read -r file; do git ls-files --error-unmatch "$file" >/dev/null 2>&1 || echo "$file"; done)
	if [ -n "$uncommitted" ]; then
		printf 'drift: generated, but not in git:\n%s\n' "$uncommitted" >&2
		exit 1
	fi
fi
