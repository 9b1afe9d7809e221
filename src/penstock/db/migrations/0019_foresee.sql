-- What is foreseen of scores: what all merchants' past teaches, each day's forecasts, and warnings.

CREATE TABLE experience.foresight (
    profile text PRIMARY KEY,
    learnt_at timestamptz NOT NULL,
    merchants int NOT NULL,
    origins int NOT NULL,
    model text NOT NULL
);
COMMENT ON TABLE experience.foresight IS 'averages over merchants; nothing of a single one';
COMMENT ON COLUMN experience.foresight.origins IS 'the past moments that it was learnt from';
CALL penstock.network_table('experience.foresight');

CREATE TABLE experience.score_forecast (
    merchant_id int NOT NULL,
    profile text NOT NULL,
    made_at timestamptz NOT NULL,
    days jsonb NOT NULL,
    PRIMARY KEY (merchant_id, profile, made_at)
);
COMMENT ON COLUMN experience.score_forecast.days IS
    'of each coming day: expected, low and high score, and the chance to be below each band';
CALL penstock.tenant_table('experience.score_forecast');
CALL penstock.publish('experience.score_forecast', 'score_forecasts');
REVOKE INSERT, UPDATE ON experience.score_forecast FROM penstock_merchant;

-- A warning stands from the forecast that gave it until the danger is over or the band is lost.
CREATE TABLE experience.band_warning (
    merchant_id int NOT NULL,
    profile text NOT NULL,
    band text NOT NULL,
    given_at timestamptz NOT NULL,
    chance double precision NOT NULL CHECK (chance BETWEEN 0 AND 1),
    within_days int NOT NULL,
    because text NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (merchant_id, profile, band, given_at)
);
CREATE UNIQUE INDEX band_warning_standing ON experience.band_warning (merchant_id, profile, band)
    WHERE ended_at IS NULL;
CALL penstock.tenant_table('experience.band_warning');
CALL penstock.publish('experience.band_warning', 'band_warnings');
REVOKE INSERT, UPDATE ON experience.band_warning FROM penstock_merchant;
