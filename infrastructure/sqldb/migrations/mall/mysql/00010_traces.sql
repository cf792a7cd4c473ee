-- +goose Up
-- Which trace a message belongs to, as the W3C's traceparent; empty: none. The ALTER is prepared only when the column is
-- missing: MySQL commits DDL one by one, and each statement can run twice.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'outbox' AND column_name = 'trace') = 0,
    'ALTER TABLE outbox ADD COLUMN trace VARCHAR(64) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
