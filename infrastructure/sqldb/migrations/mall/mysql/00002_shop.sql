-- +goose Up
-- Instants are UTC milliseconds, 0 when there is none; amounts are fen. Each statement can run twice, because MySQL
-- commits DDL one by one.
CREATE TABLE IF NOT EXISTS accounts (
    id            VARCHAR(64)  NOT NULL PRIMARY KEY,
    login         VARCHAR(254) NOT NULL,
    nickname      VARCHAR(64)  NOT NULL,
    role          VARCHAR(16)  NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    created_at    BIGINT       NOT NULL,
    UNIQUE KEY accounts_login (login)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sessions (
    hash       VARCHAR(64) NOT NULL PRIMARY KEY,
    account_id VARCHAR(64) NOT NULL,
    started_at BIGINT      NOT NULL,
    seen_at    BIGINT      NOT NULL,
    KEY sessions_seen (seen_at),
    KEY sessions_started (started_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS products (
    id          VARCHAR(64)  NOT NULL PRIMARY KEY,
    name        VARCHAR(128) NOT NULL,
    description TEXT         NOT NULL,
    pictures    TEXT         NOT NULL,
    shelf       VARCHAR(16)  NOT NULL,
    created_at  BIGINT       NOT NULL,
    updated_at  BIGINT       NOT NULL,
    version     BIGINT       NOT NULL,
    KEY products_newest (created_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- supplied counts every piece that ever came in: stock = supplied - the pieces of live orders.
CREATE TABLE IF NOT EXISTS skus (
    product_id VARCHAR(64)  NOT NULL,
    sku_id     VARCHAR(64)  NOT NULL,
    position   INT          NOT NULL,
    name       VARCHAR(128) NOT NULL,
    price_fen  BIGINT       NOT NULL,
    stock      BIGINT       NOT NULL,
    supplied   BIGINT       NOT NULL,
    listed     TINYINT      NOT NULL,
    PRIMARY KEY (product_id, sku_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS orders (
    id            VARCHAR(64)  NOT NULL PRIMARY KEY,
    buyer         VARCHAR(64)  NOT NULL,
    idem_key      VARCHAR(64)  NOT NULL,
    idem_input    VARCHAR(64)  NOT NULL,
    mode          VARCHAR(16)  NOT NULL,
    product_id    VARCHAR(64)  NOT NULL,
    product_name  VARCHAR(128) NOT NULL,
    sku_id        VARCHAR(64)  NOT NULL,
    sku_name      VARCHAR(128) NOT NULL,
    quantity      INT          NOT NULL,
    activity_id   VARCHAR(64)  NOT NULL,
    team_id       VARCHAR(64)  NOT NULL,
    original_fen  BIGINT       NOT NULL,
    pay_price_fen BIGINT       NOT NULL,
    expected_fen  BIGINT       NOT NULL,
    amount_fen    BIGINT       NOT NULL,
    status        VARCHAR(32)  NOT NULL,
    reason        VARCHAR(64)  NOT NULL,
    detail        VARCHAR(500) NOT NULL,
    tracking      VARCHAR(64)  NOT NULL,
    placed_at     BIGINT       NOT NULL,
    expires_at    BIGINT       NOT NULL,
    paid_at       BIGINT       NOT NULL,
    paid_by       VARCHAR(64)  NOT NULL,
    trade_no      VARCHAR(64)  NOT NULL,
    shipped_at    BIGINT       NOT NULL,
    ended_at      BIGINT       NOT NULL,
    next_at       BIGINT       NOT NULL,
    version       BIGINT       NOT NULL,
    UNIQUE KEY orders_idempotency (buyer, idem_key),
    KEY orders_buyer (buyer, id),
    KEY orders_due (status, next_at, id),
    KEY orders_team (team_id, id),
    KEY orders_product (product_id, sku_id, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One row per move; several moves may share the version of the order that they made.
CREATE TABLE IF NOT EXISTS order_history (
    order_id    VARCHAR(64) NOT NULL,
    version     BIGINT      NOT NULL,
    step        INT         NOT NULL,
    from_status VARCHAR(32) NOT NULL,
    to_status   VARCHAR(32) NOT NULL,
    reason      VARCHAR(64) NOT NULL,
    at          BIGINT      NOT NULL,
    PRIMARY KEY (order_id, version, step)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- open_order is the order while the payment is open, and NULL afterwards: one open payment per order.
CREATE TABLE IF NOT EXISTS payments (
    id            VARCHAR(64) NOT NULL PRIMARY KEY,
    order_id      VARCHAR(64) NOT NULL,
    open_order    VARCHAR(64),
    buyer         VARCHAR(64) NOT NULL,
    method        VARCHAR(16) NOT NULL,
    amount_fen    BIGINT      NOT NULL,
    status        VARCHAR(32) NOT NULL,
    page          TEXT        NOT NULL,
    provider_no   VARCHAR(64) NOT NULL,
    created_at    BIGINT      NOT NULL,
    expires_at    BIGINT      NOT NULL,
    paid_at       BIGINT      NOT NULL,
    ended_at      BIGINT      NOT NULL,
    asked         INT         NOT NULL,
    next_ask_at   BIGINT      NOT NULL,
    unknown_since BIGINT      NOT NULL,
    version       BIGINT      NOT NULL,
    UNIQUE KEY payments_open (open_order),
    KEY payments_order (order_id, id),
    KEY payments_due (status, next_ask_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS payment_history (
    payment_id  VARCHAR(64) NOT NULL,
    version     BIGINT      NOT NULL,
    step        INT         NOT NULL,
    from_status VARCHAR(32) NOT NULL,
    to_status   VARCHAR(32) NOT NULL,
    at          BIGINT      NOT NULL,
    PRIMARY KEY (payment_id, version, step)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- What the provider pushed and we believed, once per notice with the number of times it came.
CREATE TABLE IF NOT EXISTS notices (
    notify_id      VARCHAR(128) NOT NULL PRIMARY KEY,
    payment_id     VARCHAR(64)  NOT NULL,
    provider_no    VARCHAR(64)  NOT NULL,
    trade_status   VARCHAR(32)  NOT NULL,
    amount_fen     BIGINT       NOT NULL,
    refund_fee_fen BIGINT       NOT NULL,
    paid_at        BIGINT       NOT NULL,
    received_at    BIGINT       NOT NULL,
    times          INT          NOT NULL,
    KEY notices_payment (payment_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- request_no is the out_request_no at the provider, for ever.
CREATE TABLE IF NOT EXISTS refunds (
    request_no VARCHAR(64)  NOT NULL PRIMARY KEY,
    payment_id VARCHAR(64)  NOT NULL,
    order_id   VARCHAR(64)  NOT NULL,
    buyer      VARCHAR(64)  NOT NULL,
    amount_fen BIGINT       NOT NULL,
    reason     VARCHAR(64)  NOT NULL,
    status     VARCHAR(32)  NOT NULL,
    refusals   INT          NOT NULL,
    last_error VARCHAR(255) NOT NULL,
    next_at    BIGINT       NOT NULL,
    created_at BIGINT       NOT NULL,
    ended_at   BIGINT       NOT NULL,
    version    BIGINT       NOT NULL,
    UNIQUE KEY refunds_payment (payment_id),
    KEY refunds_order (order_id, request_no),
    KEY refunds_due (next_at, request_no),
    KEY refunds_status (status, request_no)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS refund_history (
    request_no  VARCHAR(64) NOT NULL,
    version     BIGINT      NOT NULL,
    step        INT         NOT NULL,
    from_status VARCHAR(32) NOT NULL,
    to_status   VARCHAR(32) NOT NULL,
    at          BIGINT      NOT NULL,
    PRIMARY KEY (request_no, version, step)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
