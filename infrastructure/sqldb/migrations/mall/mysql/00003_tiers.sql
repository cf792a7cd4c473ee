-- +goose Up
-- The difference that goes back when a team closes at a lower price. A payment has one refund of each intent: full, or
-- difference. Each statement can run twice, because MySQL commits DDL one by one: one ALTER changes all of a table or
-- nothing, and is prepared only when its column is missing.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'orders' AND column_name = 'difference_fen') = 0,
    'ALTER TABLE orders ADD COLUMN difference_fen BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;

SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'refunds' AND column_name = 'intent') = 0,
    'ALTER TABLE refunds
        ADD COLUMN intent VARCHAR(16) NOT NULL DEFAULT ''full'',
        DROP KEY refunds_payment, ADD UNIQUE KEY refunds_intent (payment_id, intent)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
