-- The landslides that stand: what the aircraft said last, but where people said otherwise. It can be made again from
-- `landslide_history` and `landslide_records`, and is a table rather than a view because GDAL before 3.8.1 (QGIS 3.22 on Debian) takes
-- each edit of a view for failed (https://github.com/OSGeo/gdal/issues/8707), and tells no type of a column that is an expression.
-- Numbers are rounded to what they are good for.
CREATE TABLE landslides (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom MULTIPOLYGON NOT NULL,
    name TEXT,
    priority TEXT,
    area_m2 DOUBLE,
    cut_off BOOLEAN,
    confidence DOUBLE,
    ce90_m DOUBLE,
    source TEXT,
    review TEXT,
    note TEXT,
    site TEXT,
    observations INTEGER,
    first_seen DATETIME,
    last_seen DATETIME,
    latitude DOUBLE,
    longitude DOUBLE,
    survey TEXT,
    run TEXT,
    id TEXT,
    version INTEGER
);

-- What is known of each landslide beside its versions: its name, and what people have said of it, which outlasts them. A row for each
-- that was ever reported or drawn, under the `fid` that it has in `landslides` while it stands.
CREATE TABLE landslide_records (
    fid INTEGER PRIMARY KEY NOT NULL,
    survey TEXT NOT NULL,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    newest INTEGER NOT NULL DEFAULT 0,
    rejected BOOLEAN NOT NULL DEFAULT 0,
    outline_edited BOOLEAN NOT NULL DEFAULT 0,
    area_edited BOOLEAN NOT NULL DEFAULT 0,
    stale BOOLEAN NOT NULL DEFAULT 0,
    review TEXT,
    note TEXT,
    point POINT,
    site TEXT,
    site_edited BOOLEAN NOT NULL DEFAULT 0,
    site_due BOOLEAN NOT NULL DEFAULT 1,
    UNIQUE (survey, id)
);
CREATE INDEX landslide_records_number ON landslide_records (survey, number);
-- Those whose outline was drawn in another program and is still to be measured.
CREATE INDEX landslide_records_stale ON landslide_records (fid) WHERE stale;
-- Those whose site is still to be looked for.
CREATE INDEX landslide_records_site_due ON landslide_records (fid) WHERE site_due;
CREATE INDEX landslide_records_site ON landslide_records (site);

-- What people said of landslides, one row for each edit; nothing is taken back but by a later row.
CREATE TABLE reviews (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE DEFAULT (
        lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' ||
        substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    time DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    who TEXT NOT NULL DEFAULT 'unknown, in another program',
    survey TEXT NOT NULL,
    landslide TEXT NOT NULL,
    name TEXT NOT NULL,
    verdict TEXT NOT NULL,
    review TEXT,
    note TEXT,
    area_m2 DOUBLE,
    outline BLOB
);

CREATE INDEX reviews_landslide ON reviews (landslide);

-- Places that slid, whichever flights and aircraft saw them: a site has the landslides of several surveys.
CREATE TABLE sites (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom MULTIPOLYGON,
    name TEXT NOT NULL UNIQUE,
    priority TEXT,
    area_m2 DOUBLE,
    landslides INTEGER NOT NULL DEFAULT 0,
    flights INTEGER NOT NULL DEFAULT 0,
    first_seen DATETIME,
    last_seen DATETIME
);

-- What was searched: all footprints of a survey together.
CREATE TABLE coverage (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom MULTIPOLYGON,
    survey TEXT NOT NULL UNIQUE,
    area_km2 DOUBLE NOT NULL,
    frames INTEGER NOT NULL
);

CREATE VIEW landslide_points AS
    SELECT s.fid, r.point AS geom, s.name, s.priority, s.area_m2, s.cut_off, s.confidence, s.ce90_m, s.source, s.review, s.note,
        s.site, s.last_seen, s.latitude, s.longitude, s.survey, s.id
    FROM landslides AS s JOIN landslide_records AS r ON r.fid = s.fid;

CREATE VIEW history AS
    SELECT h.fid, r.name, h.version, h.status, h.area_m2, h.cut_off, h.confidence, h.ce90_m, h.observations, h.first_seen, h.last_seen,
        h.survey, h.run, h.id
    FROM landslide_history AS h JOIN landslide_records AS r ON r.survey = h.survey AND r.id = h.id;
