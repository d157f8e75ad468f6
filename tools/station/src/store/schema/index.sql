-- The spatial index of a layer, as the extension gpkg_rtree_index has it (OGC 12-128r18, annex F.3), with its triggers for the edits of
-- other programs.
CREATE VIRTUAL TABLE rtree_$T_geom USING rtree(id, minx, maxx, miny, maxy);
CREATE TRIGGER rtree_$T_geom_insert AFTER INSERT ON $T
WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
    INSERT OR REPLACE INTO rtree_$T_geom VALUES (
        NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));
END;
CREATE TRIGGER rtree_$T_geom_update1 AFTER UPDATE OF geom ON $T
WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
    INSERT OR REPLACE INTO rtree_$T_geom VALUES (
        NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));
END;
CREATE TRIGGER rtree_$T_geom_update2 AFTER UPDATE OF geom ON $T
WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
BEGIN
    DELETE FROM rtree_$T_geom WHERE id = OLD.fid;
END;
CREATE TRIGGER rtree_$T_geom_update3 AFTER UPDATE ON $T
WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
    DELETE FROM rtree_$T_geom WHERE id = OLD.fid;
    INSERT OR REPLACE INTO rtree_$T_geom VALUES (
        NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));
END;
CREATE TRIGGER rtree_$T_geom_update4 AFTER UPDATE ON $T
WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
BEGIN
    DELETE FROM rtree_$T_geom WHERE id IN (OLD.fid, NEW.fid);
END;
CREATE TRIGGER rtree_$T_geom_delete AFTER DELETE ON $T
WHEN OLD.geom NOT NULL
BEGIN
    DELETE FROM rtree_$T_geom WHERE id = OLD.fid;
END;
INSERT OR REPLACE INTO gpkg_extensions VALUES
    ('$T', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');
