-- +goose Up
-- Which trace a message belongs to, as the W3C's traceparent; empty: none.
ALTER TABLE outbox ADD COLUMN trace TEXT NOT NULL DEFAULT '';
