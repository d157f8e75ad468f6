-- What other programs are told of the tables: which are layers, what their columns mean, and how they look. A store of an earlier
-- version may have some of this from another program.

-- The version of the schema; `user_version` is GeoPackage's own.
-- `covered` is the row of the last footprint that is in `coverage`.
CREATE TABLE scarp_store (version INTEGER NOT NULL, covered INTEGER NOT NULL DEFAULT 0);
INSERT INTO scarp_store (version) VALUES ($VERSION);

INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES
    ('landslides', 'features', 'landslides', 'Landslides as they stand, corrected by people; edits here outlast what aircraft report', 4326),
    ('landslide_points', 'features', 'landslide_points', 'A point in the middle of each landslide', 4326),
    ('sites', 'features', 'sites', 'Places that slid, each once, whichever flights saw it', 4326),
    ('coverage', 'features', 'coverage', 'What was searched, in one for each survey', 4326),
    ('footprints', 'features', 'footprints', 'Frames searched, and frames that could not be placed', 4326),
    ('surveys', 'attributes', 'surveys', 'Flights', NULL),
    ('reviews', 'attributes', 'reviews', 'What people said of landslides', NULL),
    ('history', 'attributes', 'history', 'Every version reported, withdrawn ones too', NULL),
    ('layer_styles', 'attributes', 'layer_styles', 'How QGIS draws the layers', NULL);
INSERT INTO gpkg_geometry_columns VALUES
    ('landslides', 'geom', 'MULTIPOLYGON', 4326, 0, 0),
    ('landslide_points', 'geom', 'POINT', 4326, 0, 0),
    ('sites', 'geom', 'MULTIPOLYGON', 4326, 0, 0),
    ('coverage', 'geom', 'MULTIPOLYGON', 4326, 0, 0),
    ('footprints', 'geom', 'MULTIPOLYGON', 4326, 0, 0);

CREATE TABLE IF NOT EXISTS gpkg_data_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    name TEXT,
    title TEXT,
    description TEXT,
    mime_type TEXT,
    constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL,
    constraint_type TEXT NOT NULL,
    value TEXT,
    min NUMERIC,
    min_is_inclusive BOOLEAN,
    max NUMERIC,
    max_is_inclusive BOOLEAN,
    description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
);
INSERT OR IGNORE INTO gpkg_extensions VALUES
    ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
    ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
INSERT OR REPLACE INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) VALUES
    ('review', 'enum', 'confirmed', 'Confirmed'),
    ('review', 'enum', 'doubtful', 'Doubtful'),
    ('review', 'enum', 'visited', 'Visited');
INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, title, description, constraint_name) VALUES
    ('landslides', 'name', 'Name', 'Short name, one of its survey', NULL),
    ('landslides', 'priority', 'Priority', '1 high: 1,000 m² or more and a confidence of 0.5 or more, or confirmed. 3 low: below 100 m², or a confidence below 0.3', NULL),
    ('landslides', 'area_m2', 'Area (m²)', 'Area of the outline on the map; empty while one drawn by hand is not measured yet', NULL),
    ('landslides', 'cut_off', 'Continues outside', 'Whether its outline ends at the edge of what was searched, so that its area is at least this', NULL),
    ('landslides', 'confidence', 'Confidence (0 to 1)', 'Mean probability of landslide over its ground; empty where no aircraft reported it', NULL),
    ('landslides', 'ce90_m', 'Position error CE90 (m)', 'Radius that holds the true position with 90 % probability', NULL),
    ('landslides', 'source', 'Source', 'aircraft; aircraft, corrected; added by hand', NULL),
    ('landslides', 'review', 'Review', 'What people hold of it', 'review'),
    ('landslides', 'note', 'Note', 'For people to write', NULL),
    ('landslides', 'site', 'Site', 'The place that slid, the same in every survey; write another to move it there, or empty it to part it from its site', NULL),
    ('landslides', 'observations', 'Observations', 'Most frames that saw landslide at any one place of it', NULL),
    ('landslides', 'first_seen', 'First seen (UTC)', 'Exposure of the first frame that showed it', NULL),
    ('landslides', 'last_seen', 'Last seen (UTC)', 'Exposure of the last frame that showed it', NULL),
    ('landslides', 'latitude', 'Latitude (°)', 'Of its middle, WGS 84', NULL),
    ('landslides', 'longitude', 'Longitude (°)', 'Of its middle, WGS 84', NULL),
    ('landslides', 'survey', 'Survey', 'Identity of the survey', NULL),
    ('landslides', 'run', 'Flight', 'Identity of the flight or replay that its version is of', NULL),
    ('landslides', 'id', 'Identity', 'Identity of the landslide', NULL),
    ('landslides', 'version', 'Version', 'Counts the reports of it', NULL),
    ('sites', 'name', 'Site', 'Short name, one of the store', NULL),
    ('sites', 'priority', 'Priority', 'Of its latest landslide', NULL),
    ('sites', 'area_m2', 'Area (m²)', 'Of its latest landslide', NULL),
    ('sites', 'landslides', 'Landslides', 'Landslides of all surveys that lie there', NULL),
    ('sites', 'flights', 'Flights', 'Flights that saw it', NULL),
    ('sites', 'first_seen', 'First seen (UTC)', NULL, NULL),
    ('sites', 'last_seen', 'Last seen (UTC)', NULL, NULL),
    ('coverage', 'survey', 'Survey', 'Identity of the survey', NULL),
    ('coverage', 'area_km2', 'Searched (km²)', 'Area of what was searched, each place counted once', NULL),
    ('coverage', 'frames', 'Frames', 'Frames that could be placed', NULL),
    ('footprints', 'survey', 'Survey', 'Identity of the survey', NULL),
    ('footprints', 'run', 'Flight', 'Identity of the flight or replay', NULL),
    ('footprints', 'sequence', 'Frame', 'Number of the frame in its flight', NULL),
    ('footprints', 'name', 'File', 'Name of the frame', NULL),
    ('footprints', 'time', 'Exposed (UTC)', 'When it was exposed', NULL),
    ('footprints', 'gsd_m', 'Ground resolution (m)', 'Metres on the ground per pixel', NULL),
    ('footprints', 'untagged', 'Not placed because', 'Why it could not be placed', NULL),
    ('reviews', 'time', 'Time (UTC)', 'When it was said', NULL),
    ('reviews', 'who', 'Who', 'Who said it', NULL),
    ('reviews', 'verdict', 'Verdict', 'corrected, noted, rejected or added', NULL),
    ('reviews', 'area_m2', 'Area (m²)', 'Where it was corrected', NULL);

-- As QGIS makes it.
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256),
    f_table_schema TEXT(256),
    f_table_name TEXT(256),
    f_geometry_column TEXT(256),
    styleName TEXT(30),
    styleQML TEXT,
    styleSLD TEXT,
    useAsDefault BOOLEAN,
    description TEXT,
    owner TEXT(30),
    ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
);
