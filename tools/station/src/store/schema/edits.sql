-- What another program does to `landslides` is people's word. It runs in that program (the station runs no trigger): plain SQL, but for
-- the functions that the R-tree's own triggers need too.
CREATE TRIGGER landslides_edited AFTER UPDATE OF geom, area_m2, review, note, site ON landslides
WHEN NEW.geom IS NOT OLD.geom OR (NEW.area_m2 IS NOT NULL AND NEW.area_m2 IS NOT OLD.area_m2)
    OR NEW.review IS NOT OLD.review OR NEW.note IS NOT OLD.note OR NEW.site IS NOT OLD.site
BEGIN
    INSERT INTO reviews (survey, landslide, name, verdict, review, note, area_m2, outline)
    SELECT survey, id, name,
        CASE WHEN NEW.geom IS NOT OLD.geom OR NEW.area_m2 IS NOT OLD.area_m2 THEN 'corrected'
            WHEN NEW.review IS NOT OLD.review THEN coalesce(NEW.review, 'noted')
            WHEN NEW.site IS NOT OLD.site THEN 'site ' || coalesce(nullif(NEW.site, ''), 'of its own') ELSE 'noted' END,
        NEW.review, NEW.note,
        CASE WHEN NEW.area_m2 IS NOT OLD.area_m2 THEN NEW.area_m2 END,
        CASE WHEN NEW.geom IS NOT OLD.geom THEN NEW.geom END
    FROM landslide_records WHERE fid = NEW.fid;
    -- Set to NULL below, where the station is to measure it.
    UPDATE landslide_records SET
        outline_edited = outline_edited OR NEW.geom IS NOT OLD.geom,
        stale = stale OR NEW.geom IS NOT OLD.geom,
        area_edited = area_edited OR (NEW.area_m2 IS NOT NULL AND NEW.area_m2 IS NOT OLD.area_m2),
        review = NEW.review, note = NEW.note,
        site = CASE WHEN NEW.site IS NOT OLD.site THEN nullif(NEW.site, '') ELSE site END,
        site_edited = site_edited OR NEW.site IS NOT OLD.site,
        site_due = 1
    WHERE fid = NEW.fid;
    UPDATE landslides SET
        source = CASE WHEN source = 'aircraft' AND (NEW.geom IS NOT OLD.geom OR NEW.area_m2 IS NOT OLD.area_m2)
            THEN 'aircraft, corrected' ELSE source END,
        area_m2 = CASE WHEN (SELECT outline_edited AND NOT area_edited FROM landslide_records WHERE fid = NEW.fid)
            AND NEW.geom IS NOT OLD.geom THEN NULL ELSE area_m2 END,
        priority = $PRIORITY(NEW)
    WHERE fid = NEW.fid;
    -- The station makes it again from the landslides that are left there.
    DELETE FROM sites WHERE name = OLD.site AND NEW.site IS NOT OLD.site;
    UPDATE landslide_records SET site_due = 1 WHERE site = OLD.site AND NEW.site IS NOT OLD.site;
END;

CREATE TRIGGER landslides_deleted AFTER DELETE ON landslides
BEGIN
    INSERT INTO reviews (survey, landslide, name, verdict, review, note, area_m2, outline)
    SELECT survey, id, name, 'rejected', OLD.review, OLD.note, OLD.area_m2, OLD.geom FROM landslide_records WHERE fid = OLD.fid;
    UPDATE landslide_records SET rejected = 1, site_due = 1 WHERE fid = OLD.fid;
END;

-- A landslide that no aircraft saw belongs to the survey whose frames, the latest first, show where it lies; else to the latest survey.
CREATE TRIGGER landslides_added AFTER INSERT ON landslides
BEGIN
    INSERT INTO landslide_records (fid, survey, id, number, name, outline_edited, area_edited, stale, review, note)
    SELECT NEW.fid, survey,
        lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' ||
        substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
        number, printf('L-%02d', number), 1, NEW.area_m2 IS NOT NULL, 1, NEW.review, NEW.note
    FROM (
        SELECT survey, (SELECT 1 + coalesce(max(number), 0) FROM landslide_records AS other WHERE other.survey = of.survey) AS number
        FROM (
            SELECT coalesce(
                (SELECT survey FROM footprints WHERE fid = (
                    SELECT max(id) FROM rtree_footprints_geom
                    WHERE minx <= ST_MaxX(NEW.geom) AND maxx >= ST_MinX(NEW.geom)
                    AND miny <= ST_MaxY(NEW.geom) AND maxy >= ST_MinY(NEW.geom))),
                (SELECT survey FROM owners ORDER BY fid DESC LIMIT 1),
                '00000000-0000-0000-0000-000000000000') AS survey
        ) AS of
    );
    UPDATE landslides SET
        (survey, id, name) = (SELECT survey, id, name FROM landslide_records WHERE fid = NEW.fid),
        run = NULL, version = NULL, source = 'added by hand', confidence = NULL, observations = NULL, ce90_m = NULL,
        first_seen = NULL, last_seen = NULL, cut_off = NULL,
        latitude = round((ST_MinY(NEW.geom) + ST_MaxY(NEW.geom)) / 2, 6),
        longitude = round((ST_MinX(NEW.geom) + ST_MaxX(NEW.geom)) / 2, 6),
        priority = $PRIORITY(NEW)
    WHERE fid = NEW.fid;
    INSERT INTO reviews (survey, landslide, name, verdict, review, note, area_m2, outline)
    SELECT survey, id, name, 'added', NEW.review, NEW.note, NEW.area_m2, NEW.geom FROM landslide_records WHERE fid = NEW.fid;
END;
