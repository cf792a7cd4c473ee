-- +goose Up
-- Instants are UTC milliseconds, 0 when there is none; amounts are fen.
CREATE TABLE accounts (
    id            TEXT    NOT NULL PRIMARY KEY,
    login         TEXT    NOT NULL,
    nickname      TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
);
CREATE UNIQUE INDEX accounts_login ON accounts (login);

CREATE TABLE sessions (
    hash       TEXT    NOT NULL PRIMARY KEY,
    account_id TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
);
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE INDEX sessions_started ON sessions (started_at);

CREATE TABLE products (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    pictures    TEXT    NOT NULL,
    shelf       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
);
CREATE INDEX products_newest ON products (created_at, id);

-- supplied counts every piece that ever came in: stock = supplied - the pieces of live orders.
CREATE TABLE skus (
    product_id TEXT    NOT NULL,
    sku_id     TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    price_fen  INTEGER NOT NULL,
    stock      INTEGER NOT NULL,
    supplied   INTEGER NOT NULL,
    listed     INTEGER NOT NULL,
    PRIMARY KEY (product_id, sku_id)
);

CREATE TABLE orders (
    id            TEXT    NOT NULL PRIMARY KEY,
    buyer         TEXT    NOT NULL,
    idem_key      TEXT    NOT NULL,
    idem_input    TEXT    NOT NULL,
    mode          TEXT    NOT NULL,
    product_id    TEXT    NOT NULL,
    product_name  TEXT    NOT NULL,
    sku_id        TEXT    NOT NULL,
    sku_name      TEXT    NOT NULL,
    quantity      INTEGER NOT NULL,
    activity_id   TEXT    NOT NULL,
    team_id       TEXT    NOT NULL,
    original_fen  INTEGER NOT NULL,
    pay_price_fen INTEGER NOT NULL,
    expected_fen  INTEGER NOT NULL,
    amount_fen    INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    detail        TEXT    NOT NULL,
    tracking      TEXT    NOT NULL,
    placed_at     INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    paid_at       INTEGER NOT NULL,
    paid_by       TEXT    NOT NULL,
    trade_no      TEXT    NOT NULL,
    shipped_at    INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    version       INTEGER NOT NULL
);
CREATE UNIQUE INDEX orders_idempotency ON orders (buyer, idem_key);
CREATE INDEX orders_buyer ON orders (buyer, id);
CREATE INDEX orders_due ON orders (status, next_at, id);
CREATE INDEX orders_team ON orders (team_id, id);
CREATE INDEX orders_product ON orders (product_id, sku_id, id);

-- One row per move; several moves may share the version of the order that they made.
CREATE TABLE order_history (
    order_id    TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (order_id, version, step)
);

-- open_order is the order while the payment is open, and NULL afterwards: one open payment per order.
CREATE TABLE payments (
    id            TEXT    NOT NULL PRIMARY KEY,
    order_id      TEXT    NOT NULL,
    open_order    TEXT,
    buyer         TEXT    NOT NULL,
    method        TEXT    NOT NULL,
    amount_fen    INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    page          TEXT    NOT NULL,
    provider_no   TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    paid_at       INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    asked         INTEGER NOT NULL,
    next_ask_at   INTEGER NOT NULL,
    unknown_since INTEGER NOT NULL,
    version       INTEGER NOT NULL
);
CREATE UNIQUE INDEX payments_open ON payments (open_order);
CREATE INDEX payments_order ON payments (order_id, id);
CREATE INDEX payments_due ON payments (status, next_ask_at, id);

CREATE TABLE payment_history (
    payment_id  TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (payment_id, version, step)
);

-- What the provider pushed and we believed, once per notice with the number of times it came.
CREATE TABLE notices (
    notify_id      TEXT    NOT NULL PRIMARY KEY,
    payment_id     TEXT    NOT NULL,
    provider_no    TEXT    NOT NULL,
    trade_status   TEXT    NOT NULL,
    amount_fen     INTEGER NOT NULL,
    refund_fee_fen INTEGER NOT NULL,
    paid_at        INTEGER NOT NULL,
    received_at    INTEGER NOT NULL,
    times          INTEGER NOT NULL
);
CREATE INDEX notices_payment ON notices (payment_id);

-- request_no is the out_request_no at the provider, for ever.
CREATE TABLE refunds (
    request_no TEXT    NOT NULL PRIMARY KEY,
    payment_id TEXT    NOT NULL,
    order_id   TEXT    NOT NULL,
    buyer      TEXT    NOT NULL,
    amount_fen INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    refusals   INTEGER NOT NULL,
    last_error TEXT    NOT NULL,
    next_at    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    version    INTEGER NOT NULL
);
CREATE UNIQUE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX refunds_order ON refunds (order_id, request_no);
CREATE INDEX refunds_due ON refunds (next_at, request_no);
CREATE INDEX refunds_status ON refunds (status, request_no);

CREATE TABLE refund_history (
    request_no  TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (request_no, version, step)
);
