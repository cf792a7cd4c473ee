-- +goose Up
-- Since when the provider is asked for a refund, by the mall or again by a person's hand: patience counts from then.
ALTER TABLE refunds ADD COLUMN asked_from INTEGER NOT NULL DEFAULT 0;
UPDATE refunds SET asked_from = created_at;
