-- +goose Up
-- Refunds of paid seats that buyers ask for. Each statement can run twice, because MySQL commits DDL one by one: one
-- ALTER changes all of a table or nothing, and is prepared only when its columns are missing.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'teams' AND column_name = 'refunded') = 0,
    'ALTER TABLE teams ADD COLUMN refunded INT NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'seats' AND column_name = 'asked_no') = 0,
    'ALTER TABLE seats
        ADD COLUMN asked_no    VARCHAR(64)  NOT NULL DEFAULT '''',
        ADD COLUMN asked_at    BIGINT       NOT NULL DEFAULT 0,
        ADD COLUMN asked_why   VARCHAR(200) NOT NULL DEFAULT '''',
        ADD COLUMN left_formed INT          NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
