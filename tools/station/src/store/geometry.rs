//! Outlines as GeoPackage blobs: a header with the bounding box, then well-known binary (OGC 12-128r19, clause 2.1.3).

use geo::{BoundingRect, CoordsIter, MultiPolygon, Point, Polygon, Rect, coord};
use geo_traits::{
    GeometryTrait, GeometryType, MultiPolygonTrait, PolygonTrait, to_geo::ToGeoPolygon,
};
use thiserror::Error;
use wkb::{
    Endianness,
    error::{WkbError, WkbResult},
    writer::WriteOptions,
};

/// WGS84, longitude and latitude in degrees; the only reference system of the store.
pub const SRS_ID: i32 = 4326;

/// Length of the header of an outline that is written here, in bytes.
pub const HEADER_BYTES: u32 = 40;

const MAGIC: [u8; 2] = *b"GP";
/// Little-endian header with a two-dimensional bounding box.
const FLAGS: u8 = 0b0000_0011;
/// Little-endian header without a bounding box, which a point needs none of.
const FLAGS_OF_A_POINT: u8 = 0b0000_0001;
const OPTIONS: WriteOptions = WriteOptions {
    endianness: Endianness::LittleEndian,
};

/// A blob that holds no outline.
#[derive(Debug, Error)]
pub enum GeometryError {
    /// The GeoPackage header is missing or cut.
    #[error("its geometry has no GeoPackage header")]
    Header,
    /// What follows the header is not well-known binary.
    #[error("its geometry cannot be read: {0}")]
    Wkb(WkbError),
    /// It is a point or a line, or empty.
    #[error("its geometry is no polygon")]
    NotAPolygon,
    /// A coordinate is infinite or not a number, or no longitude or latitude.
    #[error("its geometry has a coordinate that is no longitude or latitude in degrees")]
    Coordinate,
}

/// The blob of a polygon, or `None` when it has no extent. Outer rings go counter-clockwise, holes clockwise, as the
/// inventory makes them; the order is not changed here.
#[must_use]
pub fn encode(polygon: &Polygon<f64>) -> Option<Vec<u8>> {
    encode_with(polygon.bounding_rect()?, |blob| {
        wkb::writer::write_polygon(blob, polygon, &OPTIONS)
    })
}

/// The same of several, as a multipolygon.
#[must_use]
pub fn encode_parts(parts: &MultiPolygon<f64>) -> Option<Vec<u8>> {
    encode_with(parts.bounding_rect()?, |blob| {
        wkb::writer::write_multi_polygon(blob, parts, &OPTIONS)
    })
}

/// The blob of a point.
#[must_use]
pub fn encode_point(point: Point<f64>) -> Option<Vec<u8>> {
    let mut blob = header(FLAGS_OF_A_POINT);
    wkb::writer::write_point(&mut blob, &point, &OPTIONS).ok()?;
    Some(blob)
}

fn encode_with(
    bounds: Rect<f64>,
    write: impl FnOnce(&mut Vec<u8>) -> WkbResult<()>,
) -> Option<Vec<u8>> {
    let mut blob = header(FLAGS);
    let (min, max) = (bounds.min(), bounds.max());
    for bound in [min.x, max.x, min.y, max.y] {
        blob.extend(bound.to_le_bytes());
    }
    write(&mut blob).ok()?;
    Some(blob)
}

fn header(flags: u8) -> Vec<u8> {
    let mut blob = Vec::new();
    blob.extend(MAGIC);
    blob.extend([0, flags]);
    blob.extend(SRS_ID.to_le_bytes());
    blob
}

/// The bounding box in the header of `blob`, or `None` when it has none of the kind that [`encode`] writes.
#[must_use]
pub fn bounds(blob: &[u8]) -> Option<Rect<f64>> {
    let rest = blob.strip_prefix(&MAGIC)?.strip_prefix(&[0, FLAGS])?;
    let (bounds, _) = rest.get(4..)?.split_first_chunk::<32>()?;
    let (bounds, _) = bounds.as_chunks::<8>();
    let [min_x, max_x, min_y, max_y] = [0, 1, 2, 3].map(|k| f64::from_le_bytes(bounds[k]));
    [min_x, max_x, min_y, max_y]
        .iter()
        .all(|bound| bound.is_finite())
        .then(|| Rect::new(coord! { x: min_x, y: min_y }, coord! { x: max_x, y: max_y }))
}

/// The bounding box of the outline in `blob`, by its header or else by its corners; `None` when it has none that can be read.
#[must_use]
pub fn extent(blob: &[u8]) -> Option<Rect<f64>> {
    bounds(blob).or_else(|| decode(blob).ok()?.bounding_rect())
}

/// The outline in `blob`, at least one polygon. It may have been drawn in another program: either byte order is read, a polygon or
/// several, and heights and measures are left out.
///
/// # Errors
/// When the blob is damaged, or holds anything else.
pub fn decode(blob: &[u8]) -> Result<MultiPolygon<f64>, GeometryError> {
    let geometry = wkb::reader::read_wkb(wkb_of(blob).ok_or(GeometryError::Header)?)
        .map_err(GeometryError::Wkb)?;
    let parts: Option<Vec<Polygon<f64>>> = match geometry.as_type() {
        GeometryType::Polygon(polygon) => part(polygon).map(|part| vec![part]),
        GeometryType::MultiPolygon(parts) => {
            parts.polygons().map(|polygon| part(&polygon)).collect()
        }
        _ => None,
    };
    let outline = parts.map_or_else(|| MultiPolygon::new(Vec::new()), MultiPolygon::new);
    if outline.0.is_empty() {
        return Err(GeometryError::NotAPolygon);
    }
    // An outline across the antimeridian that an earlier version stored has continuous longitudes. Written so that NaN fails too.
    let on_earth = |c: geo::Coord<f64>| c.x.abs() <= 360.0 && c.y.abs() <= 90.0;
    if outline.coords_iter().all(on_earth) {
        Ok(outline)
    } else {
        Err(GeometryError::Coordinate)
    }
}

/// A polygon of a geometry; none where it has no outer ring.
fn part(polygon: &impl PolygonTrait<T = f64>) -> Option<Polygon<f64>> {
    polygon.exterior().is_some().then(|| polygon.to_polygon())
}

/// What follows the header, whose flags tell how long its bounding box is.
fn wkb_of(blob: &[u8]) -> Option<&[u8]> {
    let flags = *blob.strip_prefix(&MAGIC)?.get(1)?;
    let bounds = match (flags >> 1) & 0b111 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    blob.get(8 + bounds..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;
    use proptest::prelude::*;

    fn with_hole() -> Polygon<f64> {
        polygon!(
            exterior: [(x: 7.0, y: 46.0), (x: 7.2, y: 46.0), (x: 7.2, y: 46.2), (x: 7.0, y: 46.2)],
            interiors: [[(x: 7.1, y: 46.1), (x: 7.1, y: 46.15), (x: 7.15, y: 46.1)]],
        )
    }

    #[test]
    fn a_polygon_with_a_hole_survives_the_round_trip() {
        assert_eq!(
            decode(&encode(&with_hole()).unwrap()).unwrap(),
            with_hole().into()
        );
    }

    #[test]
    fn several_polygons_survive_the_round_trip() {
        let parts = MultiPolygon::new(vec![
            with_hole(),
            polygon![(x: 8.0, y: 46.0), (x: 8.2, y: 46.0), (x: 8.1, y: 46.1)],
        ]);
        let blob = encode_parts(&parts).unwrap();
        assert_eq!(decode(&blob).unwrap(), parts);
        assert_eq!(bounds(&blob), parts.bounding_rect());
    }

    #[test]
    fn heights_and_measures_are_left_out() {
        let corners = [(7.0, 46.0), (7.2, 46.0), (7.1, 46.1), (7.0, 46.0)];
        for (kind, further) in [(1003_u32, 1), (2003, 1), (3003, 2)] {
            let mut wkb = vec![1];
            wkb.extend(kind.to_le_bytes());
            wkb.extend([1_u32, 4].map(u32::to_le_bytes).concat());
            for (x, y) in corners {
                let beside = [1234.5; 2];
                let numbers = [x, y].into_iter().chain(beside.into_iter().take(further));
                wkb.extend(numbers.flat_map(f64::to_le_bytes));
            }
            let flat = polygon![(x: 7.0, y: 46.0), (x: 7.2, y: 46.0), (x: 7.1, y: 46.1)];
            assert_eq!(decode(&blob(&wkb)).unwrap(), flat.into(), "{kind}");
        }
    }

    #[test]
    fn the_header_alone_tells_where_a_polygon_lies() {
        let blob = encode(&with_hole()).unwrap();
        assert_eq!(
            bounds(&blob[..HEADER_BYTES as usize]),
            with_hole().bounding_rect()
        );
        assert_eq!(bounds(&blob[..HEADER_BYTES as usize - 1]), None);
    }

    #[test]
    fn a_blob_cut_anywhere_is_no_polygon_and_never_panics() {
        let blob = encode(&with_hole()).unwrap();
        for length in 0..blob.len() {
            assert!(decode(&blob[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_count_of_four_billion_vertices_costs_no_memory() {
        let mut blob = encode(&with_hole()).unwrap();
        blob[49..53].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(decode(&blob), Err(GeometryError::Wkb(_))));
    }

    /// A blob with `wkb` behind a header without a bounding box.
    fn blob(wkb: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &[0, 1], &SRS_ID.to_le_bytes(), wkb].concat()
    }

    #[test]
    fn a_big_endian_polygon_of_another_program_is_read() {
        let options = WriteOptions {
            endianness: Endianness::BigEndian,
        };
        let mut wkb = Vec::new();
        wkb::writer::write_polygon(&mut wkb, &with_hole(), &options).unwrap();
        assert_eq!(decode(&blob(&wkb)).unwrap(), with_hole().into());
    }

    #[test]
    fn what_is_no_polygon_is_named() {
        let no_rings = [&[1][..], &3_u32.to_le_bytes(), &0_u32.to_le_bytes()].concat();
        let point = [&[1][..], &1_u32.to_le_bytes(), &[0; 16]].concat();
        let no_parts = [&[1][..], &6_u32.to_le_bytes(), &0_u32.to_le_bytes()].concat();
        for wkb in [no_rings, point, no_parts] {
            let error = decode(&blob(&wkb)).unwrap_err();
            assert!(matches!(error, GeometryError::NotAPolygon), "{error}");
        }
        let mut infinite = encode(&with_hole()).unwrap();
        for nowhere in [f64::INFINITY, f64::NAN, 5e5] {
            infinite[53..61].copy_from_slice(&nowhere.to_le_bytes());
            assert!(matches!(decode(&infinite), Err(GeometryError::Coordinate)));
        }
        assert!(matches!(decode(b"PG"), Err(GeometryError::Header)));
    }

    /// A good blob with some bytes changed.
    fn changed_blob() -> impl Strategy<Value = Vec<u8>> {
        let whole = encode(&with_hole()).unwrap();
        let changes = prop::collection::vec((0..whole.len(), any::<u8>()), 1..8);
        changes.prop_map(move |changes| {
            let mut blob = whole.clone();
            for (at, byte) in changes {
                blob[at] = byte;
            }
            blob
        })
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_what_is_read_is_a_polygon_of_numbers(
            blob in prop_oneof![
                changed_blob(),
                prop::collection::vec(any::<u8>(), 0..400).prop_map(|wkb| blob(&wkb)),
                (any::<bool>(), 0_u32..8, prop::collection::vec(any::<u8>(), 0..400)).prop_map(
                    |(little, kind, rest)| {
                        let kind = if little { kind.to_le_bytes() } else { kind.to_be_bytes() };
                        blob(&[&[u8::from(little)], &kind[..], &rest].concat())
                    }
                ),
            ],
        ) {
            let _ = bounds(&blob);
            if let Ok(outline) = decode(&blob) {
                prop_assert!(outline.coords_iter().all(|c| c.x.abs() <= 360.0 && c.y.abs() <= 90.0));
            }
        }
    }
}
