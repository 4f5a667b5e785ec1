CREATE TABLE IF NOT EXISTS media (
    media_hash TEXT PRIMARY KEY,
    filename   TEXT NOT NULL UNIQUE,
    title      TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS ratings (
    id         INTEGER PRIMARY KEY,
    media_hash TEXT NOT NULL,
    rating     INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    rated_at   TEXT NOT NULL DEFAULT (datetime('now'))
) STRICT;

-- What all ratings of a hash come to, changed in the transaction that adds one.
CREATE TABLE IF NOT EXISTS totals (
    media_hash TEXT PRIMARY KEY,
    count      INTEGER NOT NULL,
    sum        INTEGER NOT NULL
) STRICT;
