-- +goose Up
-- Second factors of operators. An empty secret is none; factor_at 0 is one that is being set up.
ALTER TABLE operators ADD COLUMN factor_secret TEXT NOT NULL DEFAULT ''; -- sealed
ALTER TABLE operators ADD COLUMN factor_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE operators ADD COLUMN factor_step INTEGER NOT NULL DEFAULT 0; -- the period of the last code that counted
ALTER TABLE operators ADD COLUMN factor_recovery TEXT NOT NULL DEFAULT ''; -- SHA-256 of the codes that are left
