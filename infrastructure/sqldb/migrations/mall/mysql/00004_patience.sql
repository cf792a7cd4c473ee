-- +goose Up
-- Since when the provider is asked for a refund, by the mall or again by a person's hand: patience counts from then.
-- Each statement can run twice, because MySQL commits DDL one by one.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'refunds' AND column_name = 'asked_from') = 0,
    'ALTER TABLE refunds ADD COLUMN asked_from BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

UPDATE refunds SET asked_from = created_at WHERE asked_from = 0;
