-- The sandbox's own books. Amounts are fen, instants UTC milliseconds (0 = not yet).
CREATE TABLE IF NOT EXISTS trades (
  out_trade_no TEXT PRIMARY KEY,
  trade_no     TEXT    NOT NULL UNIQUE,
  cashier_id   TEXT    NOT NULL UNIQUE,
  pay_token    TEXT    NOT NULL,
  method       TEXT    NOT NULL,
  subject      TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  passback     TEXT    NOT NULL,
  notify_url   TEXT    NOT NULL,
  return_url   TEXT    NOT NULL,
  quit_url     TEXT    NOT NULL,
  total_fen    INTEGER NOT NULL CHECK (total_fen > 0),
  refunded_fen INTEGER NOT NULL CHECK (refunded_fen BETWEEN 0 AND total_fen),
  status       TEXT    NOT NULL,
  closed_by    TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  paid_at      INTEGER NOT NULL,
  refunded_at  INTEGER NOT NULL,
  closed_at    INTEGER NOT NULL,
  version      INTEGER NOT NULL,
  CHECK (refunded_fen = 0 OR paid_at > 0)
) STRICT;

CREATE INDEX IF NOT EXISTS trades_expiry ON trades (expires_at) WHERE status = 'WAIT_BUYER_PAY';
CREATE INDEX IF NOT EXISTS trades_paid ON trades (paid_at) WHERE paid_at > 0;

CREATE TABLE IF NOT EXISTS refunds (
  out_trade_no   TEXT    NOT NULL,
  out_request_no TEXT    NOT NULL,
  amount_fen     INTEGER NOT NULL CHECK (amount_fen > 0),
  reason         TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  PRIMARY KEY (out_trade_no, out_request_no)
) STRICT;

CREATE INDEX IF NOT EXISTS refunds_created ON refunds (created_at);

-- next_at is 0 once a notice was answered with success or given up.
CREATE TABLE IF NOT EXISTS notices (
  notify_id    TEXT PRIMARY KEY,
  out_trade_no TEXT    NOT NULL,
  url          TEXT    NOT NULL,
  fields       TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  attempts     INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  next_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS notices_due ON notices (next_at) WHERE next_at > 0;
CREATE INDEX IF NOT EXISTS notices_trade ON notices (out_trade_no);

CREATE TABLE IF NOT EXISTS attempts (
  notify_id   TEXT    NOT NULL,
  number      INTEGER NOT NULL,
  sent_at     INTEGER NOT NULL,
  http_status INTEGER NOT NULL,
  answer      TEXT    NOT NULL,
  fault       TEXT    NOT NULL,
  PRIMARY KEY (notify_id, number)
) STRICT;

-- What left beside the attempts of the schedule: further copies, and forgeries. What is not empty in forged says how.
CREATE TABLE IF NOT EXISTS extras (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  notify_id    TEXT    NOT NULL,
  out_trade_no TEXT    NOT NULL,
  forged       TEXT    NOT NULL,
  sent_at      INTEGER NOT NULL,
  http_status  INTEGER NOT NULL,
  answer       TEXT    NOT NULL,
  fault        TEXT    NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS extras_trade ON extras (out_trade_no);

-- Fault scripts: script is JSON, the other columns are what decides and what counts. out_trade_no is empty for all.
CREATE TABLE IF NOT EXISTS faults (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  out_trade_no TEXT    NOT NULL,
  target       TEXT    NOT NULL,
  script       TEXT    NOT NULL,
  spent        INTEGER NOT NULL,
  seen         INTEGER NOT NULL,
  struck       INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS faults_open ON faults (target, out_trade_no) WHERE spent = 0;

-- The clock's setting: what it showed when the machine's clock said machine_at, and how fast it runs since.
CREATE TABLE IF NOT EXISTS clock (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  machine_at INTEGER NOT NULL,
  shown_at   INTEGER NOT NULL,
  speed      INTEGER NOT NULL CHECK (speed > 0)
) STRICT;

-- Addresses of bills, by the machine's clock.
CREATE TABLE IF NOT EXISTS bill_links (
  token      TEXT PRIMARY KEY,
  bill_type  TEXT    NOT NULL,
  day        TEXT    NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
