-- +goose Up
-- The difference that goes back when a team closes at a lower price. A payment has one refund of each intent: full, or
-- difference.
ALTER TABLE orders ADD COLUMN difference_fen INTEGER NOT NULL DEFAULT 0; -- of amount_fen, goes back
ALTER TABLE refunds ADD COLUMN intent TEXT NOT NULL DEFAULT 'full';
DROP INDEX refunds_payment;
CREATE UNIQUE INDEX refunds_intent ON refunds (payment_id, intent);
