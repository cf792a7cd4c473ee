-- +goose Up
-- What each look at the invariants found (docs/invariants.md), for some days.
CREATE TABLE check_reports (
    started_at INTEGER NOT NULL PRIMARY KEY, -- UTC milliseconds
    took_ms    INTEGER NOT NULL,
    violations INTEGER NOT NULL,
    body       TEXT    NOT NULL -- JSON: violations, rows looked at, what was left out
);
