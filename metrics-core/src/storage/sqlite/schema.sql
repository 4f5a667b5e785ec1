-- '' where a series has no endpoint: the service as a whole
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    instance TEXT NOT NULL,
    method TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    -- the day of its newest point, Unix ms
    seen INTEGER NOT NULL,
    UNIQUE (service, instance, method, endpoint)
) STRICT;

CREATE TABLE metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL) STRICT;

-- in the order of time, so that a flush adds to one end and forgetting takes from the other
CREATE TABLE raw (
    ts INTEGER NOT NULL,
    series INTEGER NOT NULL,
    response_time_ms REAL,
    requests_per_minute INTEGER NOT NULL,
    events_per_minute INTEGER NOT NULL,
    cpu_usage_percent REAL,
    memory_usage_mb REAL,
    disk_usage_percent REAL,
    error_rate_percent REAL NOT NULL,
    queue_size INTEGER NOT NULL,
    active_connections INTEGER NOT NULL,
    PRIMARY KEY (ts, series)
) STRICT, WITHOUT ROWID;

-- by series, so that a trend is read in one piece
CREATE TABLE hourly (
    series INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    sum REAL NOT NULL,
    min REAL NOT NULL,
    max REAL NOT NULL,
    peak INTEGER NOT NULL,
    histogram BLOB NOT NULL,
    PRIMARY KEY (series, metric, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE daily (
    series INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    sum REAL NOT NULL,
    min REAL NOT NULL,
    max REAL NOT NULL,
    peak INTEGER NOT NULL,
    histogram BLOB NOT NULL,
    PRIMARY KEY (series, metric, start)
) STRICT, WITHOUT ROWID;

-- hours whose points have changed since they were rolled up; entered with the points
CREATE TABLE pending (start INTEGER PRIMARY KEY) STRICT;

-- one row: points before this time were forgotten, Unix ms
CREATE TABLE forgotten (before INTEGER NOT NULL) STRICT;

CREATE VIEW points AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', ts / 1000.0, 'unixepoch') AS time, service, instance,
    nullif(method, '') AS method, nullif(endpoint, '') AS endpoint, response_time_ms, requests_per_minute,
    events_per_minute, cpu_usage_percent, memory_usage_mb, disk_usage_percent, error_rate_percent, queue_size,
    active_connections
FROM raw JOIN series ON series.id = raw.series;

CREATE VIEW hours AS
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', start / 1000, 'unixepoch') AS time, service, instance,
    nullif(method, '') AS method, nullif(endpoint, '') AS endpoint, name AS metric, unit, count, sum / count AS average,
    min, max, strftime('%Y-%m-%dT%H:%M:%SZ', peak / 1000, 'unixepoch') AS peak_time
FROM hourly JOIN series ON series.id = hourly.series JOIN metric ON metric.id = hourly.metric;

CREATE VIEW days AS
SELECT strftime('%Y-%m-%d', start / 1000, 'unixepoch') AS day, service, instance,
    nullif(method, '') AS method, nullif(endpoint, '') AS endpoint, name AS metric, unit, count, sum / count AS average,
    min, max, strftime('%Y-%m-%dT%H:%M:%SZ', peak / 1000, 'unixepoch') AS peak_time
FROM daily JOIN series ON series.id = daily.series JOIN metric ON metric.id = daily.metric;
