PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL,
    srs_id INTEGER PRIMARY KEY,
    organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL,
    definition TEXT NOT NULL,
    description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES('Undefined cartesian SRS',-1,'NONE',-1,'undefined','undefined cartesian coordinate reference system');
INSERT INTO gpkg_spatial_ref_sys VALUES('Undefined geographic SRS',0,'NONE',0,'undefined','undefined geographic coordinate reference system');
INSERT INTO gpkg_spatial_ref_sys VALUES('WGS 84 geodetic',4326,'EPSG',4326,'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]','longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');
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
INSERT INTO gpkg_contents VALUES('landslides','features','landslides','Landslides as they stand now','2026-11-28T09:37:18.372Z',179.90000000000000568,-17.0,180.30000000000001136,-16.600000000000001421,4326);
INSERT INTO gpkg_contents VALUES('landslide_history','features','landslide_history','Every version reported, withdrawn ones too','2026-11-28T09:37:18.372Z',179.90000000000000568,-17.0,180.30000000000001136,-16.600000000000001421,4326);
INSERT INTO gpkg_contents VALUES('footprints','features','footprints','Frames searched, and frames that could not be placed','2026-11-28T09:37:18.321Z',NULL,NULL,NULL,NULL,4326);
INSERT INTO gpkg_contents VALUES('surveys','attributes','surveys','Flights','2026-11-28T09:37:18.321Z',NULL,NULL,NULL,NULL,NULL);
INSERT INTO gpkg_contents VALUES('owners','attributes','owners','Aircraft that each survey belongs to','2026-11-28T09:37:18.321Z',NULL,NULL,NULL,NULL,NULL);
INSERT INTO gpkg_contents VALUES('messages','attributes','messages','Messages received','2026-11-28T09:37:18.321Z',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO gpkg_geometry_columns VALUES('landslides','geom','POLYGON',4326,0,0);
INSERT INTO gpkg_geometry_columns VALUES('landslide_history','geom','POLYGON',4326,0,0);
INSERT INTO gpkg_geometry_columns VALUES('footprints','geom','POLYGON',4326,0,0);
CREATE TABLE landslides (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom POLYGON NOT NULL,
    survey TEXT NOT NULL,
    run TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    area_m2 DOUBLE NOT NULL,
    cut_off BOOLEAN NOT NULL DEFAULT 0,
    confidence DOUBLE NOT NULL,
    ce90_m DOUBLE NOT NULL,
    observations INTEGER NOT NULL,
    first_seen DATETIME,
    last_seen DATETIME,
    UNIQUE (survey, id)
);
INSERT INTO landslides VALUES(1,X'47500003e6100000cdcccccccc7c66409a9999999989664000000000000031c09a999999999930c001030000000100000005000000cdcccccccc7c664000000000000031c09a9999999989664000000000000031c09a999999998966409a999999999930c0cdcccccccc7c66409a999999999930c0cdcccccccc7c664000000000000031c0','00000000-0000-0000-0000-00005ca29000','00000000-0000-0000-0000-00005ca29001','00000000-0000-0000-0000-000000000001',1,1000.0,0,0.875,3.5,4,'2026-09-21T14:13:20.000Z','2026-09-21T14:13:30.500Z');
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
INSERT INTO landslide_history VALUES(1,X'47500003e6100000cdcccccccc7c66409a9999999989664000000000000031c09a999999999930c001030000000100000005000000cdcccccccc7c664000000000000031c09a9999999989664000000000000031c09a999999998966409a999999999930c0cdcccccccc7c66409a999999999930c0cdcccccccc7c664000000000000031c0','00000000-0000-0000-0000-00005ca29000','00000000-0000-0000-0000-00005ca29001','00000000-0000-0000-0000-000000000001',1,'active',1000.0,0,0.875,3.5,4,'2026-09-21T14:13:20.000Z','2026-09-21T14:13:30.500Z');
CREATE TABLE footprints (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom POLYGON,
    survey TEXT NOT NULL,
    run TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    name TEXT NOT NULL,
    time DATETIME,
    gsd_m DOUBLE,
    untagged TEXT,
    UNIQUE (survey, run, sequence)
);
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
CREATE TABLE owners (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey TEXT NOT NULL UNIQUE,
    aircraft TEXT NOT NULL
);
INSERT INTO owners VALUES(1,'00000000-0000-0000-0000-00005ca29000','drone');
CREATE TABLE messages (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    survey TEXT NOT NULL,
    received DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    content BLOB
);
INSERT INTO messages VALUES(1,'d0876090-5838-5bce-895d-aa7a7c6eb7f1','00000000-0000-0000-0000-00005ca29000','2026-11-28T09:37:18.372Z',X'5de308f0c0114f4e2d82ef22365e9ff1904825bf60e4f3b281bf986bdec721ba');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('messages',1);
INSERT INTO sqlite_sequence VALUES('owners',1);
INSERT INTO sqlite_sequence VALUES('landslide_history',1);
INSERT INTO sqlite_sequence VALUES('landslides',1);
COMMIT;
