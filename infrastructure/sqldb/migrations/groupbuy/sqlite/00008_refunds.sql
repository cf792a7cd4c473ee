-- +goose Up
-- Refunds of paid seats that buyers ask for.
ALTER TABLE teams ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0; -- who left after the team had formed

ALTER TABLE seats ADD COLUMN asked_no    TEXT    NOT NULL DEFAULT ''; -- the partner's number of the refund that was asked for
ALTER TABLE seats ADD COLUMN asked_at    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seats ADD COLUMN asked_why   TEXT    NOT NULL DEFAULT '';
ALTER TABLE seats ADD COLUMN left_formed INTEGER NOT NULL DEFAULT 0;  -- 1: the team had formed by then
