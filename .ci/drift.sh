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

# The pages are generated too: types from the specification, and the files that go into the binary.
pages() { find web -path '*/node_modules' -prune -o \( -path 'web/*/dist/*' -o -name '*.d.ts' \) -type f -print | sort | xargs -r sha256sum; }
pages >"$before/pages"
status=0
.ci/web.sh >&2 || status=$?
if [ "$status" = 0 ]; then
	if ! diff <(cat "$before/pages") <(pages); then
		echo "drift: the pages in web/ were stale; they have been built again, commit them" >&2
		exit 1
	fi
elif [ "$status" != 77 ]; then
	exit "$status"
fi

# Generated code that nobody committed would be missing from a fresh clone.
generated() { grep -rlE '^// Code generated .* DO NOT EDIT\.$' api --include='*.go' || true; }
if git rev-parse --git-dir >/dev/null 2>&1; then
	lost=$(comm -23 <(generated | sort) <(git ls-files api | sort))
	lost+=$(git ls-files --others --exclude-standard 'web/*/dist')
	if [ -n "$lost" ]; then
		printf 'drift: generated, but not in git:\n%s\n' "$lost" >&2
		exit 1
	fi
fi

# Said last, so that what could be checked was.
if [ "$status" = 77 ]; then exit 77; fi
