-- +goose Up
-- A payment is found by Alipay's number of it.
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'payments' AND index_name = 'payments_trade') = 0,
    'ALTER TABLE payments ADD KEY payments_trade (provider_no)', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
