-- An OGC GeoPackage 1.3 (OGC 12-128r18): the tables it requires, then ours.
PRAGMA application_id = 1196444487; -- 'GPKG'
PRAGMA user_version = 10300;

CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL,
    srs_id INTEGER PRIMARY KEY,
    organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL,
    definition TEXT NOT NULL,
    description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined cartesian coordinate reference system'),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
    ('WGS 84 geodetic', 4326, 'EPSG', 4326,
     'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]',
     'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');

CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY,
    data_type TEXT NOT NULL,
    identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE,
    min_y DOUBLE,
    max_x DOUBLE,
    max_y DOUBLE,
    srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);

CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL,
    m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);

-- The landslides as they stand now.
CREATE TABLE landslides (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom POLYGON NOT NULL,
    survey TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    area_m2 DOUBLE NOT NULL,
    cut_off BOOLEAN NOT NULL DEFAULT 0,
    confidence DOUBLE NOT NULL,
    ce90_m DOUBLE NOT NULL,
    looks INTEGER NOT NULL,
    first_seen DATETIME NOT NULL,
    last_seen DATETIME NOT NULL,
    UNIQUE (survey, id)
);

-- Every version of every landslide ever reported, also of those withdrawn since.
CREATE TABLE landslide_history (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom POLYGON NOT NULL,
    survey TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    area_m2 DOUBLE NOT NULL,
    cut_off BOOLEAN NOT NULL DEFAULT 0,
    confidence DOUBLE NOT NULL,
    ce90_m DOUBLE NOT NULL,
    looks INTEGER NOT NULL,
    first_seen DATETIME NOT NULL,
    last_seen DATETIME NOT NULL,
    UNIQUE (survey, id, version)
);

-- What was searched. A frame that could not be placed has no geometry, but a reason.
CREATE TABLE footprints (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom POLYGON,
    survey TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    name TEXT NOT NULL,
    time DATETIME,
    gsd_m DOUBLE,
    untagged TEXT,
    UNIQUE (survey, sequence)
);

CREATE TABLE surveys (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey TEXT NOT NULL UNIQUE,
    start DATETIME NOT NULL,
    software TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model_version TEXT NOT NULL
);

-- Identities of the messages received, so that one sent again changes nothing.
CREATE TABLE messages (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    survey TEXT NOT NULL,
    sent DATETIME NOT NULL,
    received DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
);

INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
    ('landslides', 'features', 'landslides', 'Landslides as they stand now', 4326),
    ('landslide_history', 'features', 'landslide_history', 'Every version reported, withdrawn ones too', 4326),
    ('footprints', 'features', 'footprints', 'Frames searched, and frames that could not be placed', 4326),
    ('surveys', 'attributes', 'surveys', 'Flights', NULL),
    ('messages', 'attributes', 'messages', 'Messages received', NULL);
INSERT INTO gpkg_geometry_columns VALUES
    ('landslides', 'geom', 'POLYGON', 4326, 0, 0),
    ('landslide_history', 'geom', 'POLYGON', 4326, 0, 0),
    ('footprints', 'geom', 'POLYGON', 4326, 0, 0);
