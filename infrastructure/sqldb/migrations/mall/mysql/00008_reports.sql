-- +goose Up
-- What each look at the invariants found (docs/invariants.md), for some days.
CREATE TABLE IF NOT EXISTS check_reports (
    started_at BIGINT   NOT NULL PRIMARY KEY, -- UTC milliseconds
    took_ms    BIGINT   NOT NULL,
    violations BIGINT   NOT NULL,
    body       LONGTEXT NOT NULL -- JSON: violations, rows looked at, what was left out
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
