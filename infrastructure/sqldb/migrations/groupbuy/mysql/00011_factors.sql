-- +goose Up
-- Second factors of operators. An empty secret is none; factor_at 0 is one that is being set up. The secret is sealed,
-- factor_step is the period of the last code that counted, and factor_recovery holds SHA-256 of the codes that are left.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'operators' AND column_name = 'factor_secret') = 0,
    'ALTER TABLE operators ADD COLUMN factor_secret VARCHAR(300) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'operators' AND column_name = 'factor_at') = 0,
    'ALTER TABLE operators ADD COLUMN factor_at BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'operators' AND column_name = 'factor_step') = 0,
    'ALTER TABLE operators ADD COLUMN factor_step BIGINT NOT NULL DEFAULT 0', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'operators' AND column_name = 'factor_recovery') = 0,
    'ALTER TABLE operators ADD COLUMN factor_recovery VARCHAR(1000) NOT NULL DEFAULT ''''', 'DO 0');
PREPARE change_once FROM @change;
EXECUTE change_once;
DEALLOCATE PREPARE change_once;
