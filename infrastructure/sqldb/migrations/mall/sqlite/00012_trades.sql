-- +goose Up
-- A payment is found by Alipay's number of it.
CREATE INDEX payments_trade ON payments (provider_no);
