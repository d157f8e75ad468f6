-- What aircraft say. Nobody else writes these tables, and but for `footprints` and `surveys` no map shows them.

-- Every version of every landslide ever reported, also of those withdrawn since, as it came.
CREATE TABLE landslide_history (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom POLYGON NOT NULL,
    survey TEXT NOT NULL,
    run TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    area_m2 DOUBLE NOT NULL,
    cut_off BOOLEAN NOT NULL DEFAULT 0,
    confidence DOUBLE NOT NULL,
    ce90_m DOUBLE NOT NULL,
    observations INTEGER NOT NULL,
    first_seen DATETIME,
    last_seen DATETIME,
    UNIQUE (survey, id, version)
);

-- What was searched. A frame that could not be placed has no geometry, but a reason.
CREATE TABLE footprints (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom MULTIPOLYGON,
    survey TEXT NOT NULL,
    run TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    name TEXT NOT NULL,
    time DATETIME,
    gsd_m DOUBLE,
    untagged TEXT,
    UNIQUE (survey, run, sequence)
);

-- The runs over surveys, of which a survey may have several; `start` is when the first of its frames that tells it was exposed.
CREATE TABLE surveys (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey TEXT NOT NULL,
    run TEXT NOT NULL,
    start DATETIME,
    software TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model_version TEXT NOT NULL,
    aircraft TEXT,
    UNIQUE (survey, run)
);

-- Which aircraft a survey belongs to: the one whose message of it came first.
CREATE TABLE owners (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey TEXT NOT NULL UNIQUE,
    aircraft TEXT NOT NULL
);

-- Identities of the messages received, so that one sent again changes nothing, and SHA-256 of what they say, so that another
-- under the same identity is noticed.
CREATE TABLE messages (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    survey TEXT NOT NULL,
    received DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    content BLOB
);
