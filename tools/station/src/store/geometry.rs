//! Polygons as GeoPackage blobs: a header with the bounding box, then well-known binary (OGC 12-128r19, clause 2.1.3).

use geo::{BoundingRect, CoordsIter, Polygon, Rect, coord};
use geo_traits::{GeometryTrait, GeometryType, PolygonTrait, to_geo::ToGeoPolygon};
use thiserror::Error;
use wkb::{Endianness, error::WkbError, reader::Dimension, writer::WriteOptions};

/// WGS84, longitude and latitude in degrees; the only reference system of the store.
pub const SRS_ID: i32 = 4326;

/// Length of the header that [`encode`] writes, in bytes.
pub const HEADER_BYTES: u32 = 40;

const MAGIC: [u8; 2] = *b"GP";
/// Little-endian header with a two-dimensional bounding box.
const FLAGS: u8 = 0b0000_0011;

/// A blob that holds no polygon.
#[derive(Debug, Error)]
pub enum GeometryError {
    /// The GeoPackage header is missing or cut.
    #[error("its geometry has no GeoPackage header")]
    Header,
    /// What follows the header is not well-known binary.
    #[error("its geometry cannot be read: {0}")]
    Wkb(WkbError),
    /// It is a point, a line, several polygons, or has heights.
    #[error("its geometry is no plain polygon")]
    NotAPolygon,
    /// A coordinate is infinite or not a number.
    #[error("its geometry has a coordinate that is no number")]
    NotFinite,
}

/// The blob of `polygon`, or `None` when it has no extent. Outer rings go counter-clockwise, holes clockwise, as the
/// inventory makes them; the order is not changed here.
#[must_use]
pub fn encode(polygon: &Polygon<f64>) -> Option<Vec<u8>> {
    let bounds: Rect<f64> = polygon.bounding_rect()?;
    let mut blob = Vec::new();
    blob.extend(MAGIC);
    blob.extend([0, FLAGS]);
    blob.extend(SRS_ID.to_le_bytes());
    for bound in [
        bounds.min().x,
        bounds.max().x,
        bounds.min().y,
        bounds.max().y,
    ] {
        blob.extend(bound.to_le_bytes());
    }
    let options = WriteOptions {
        endianness: Endianness::LittleEndian,
    };
    wkb::writer::write_polygon(&mut blob, polygon, &options).ok()?;
    Some(blob)
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

/// The polygon in `blob`. Reads either byte order, since the file may have been edited in another program.
///
/// # Errors
/// When the blob is damaged, or holds anything but one polygon in two dimensions.
pub fn decode(blob: &[u8]) -> Result<Polygon<f64>, GeometryError> {
    let geometry = wkb::reader::read_wkb(wkb_of(blob).ok_or(GeometryError::Header)?)
        .map_err(GeometryError::Wkb)?;
    let polygon = match geometry.as_type() {
        GeometryType::Polygon(polygon) if geometry.dimension() == Dimension::Xy => polygon,
        _ => return Err(GeometryError::NotAPolygon),
    };
    if polygon.exterior().is_none() {
        return Err(GeometryError::NotAPolygon);
    }
    let polygon = polygon.to_polygon();
    if !polygon
        .coords_iter()
        .all(|c| c.x.is_finite() && c.y.is_finite())
    {
        return Err(GeometryError::NotFinite);
    }
    Ok(polygon)
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
        assert_eq!(decode(&encode(&with_hole()).unwrap()).unwrap(), with_hole());
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
        assert_eq!(decode(&blob(&wkb)).unwrap(), with_hole());
    }

    #[test]
    fn what_is_no_polygon_is_named() {
        let no_rings = [&[1][..], &3_u32.to_le_bytes(), &0_u32.to_le_bytes()].concat();
        let point = [&[1][..], &1_u32.to_le_bytes(), &[0; 16]].concat();
        let with_heights = [&[1][..], &1003_u32.to_le_bytes(), &0_u32.to_le_bytes()].concat();
        for wkb in [no_rings, point, with_heights] {
            let error = decode(&blob(&wkb)).unwrap_err();
            assert!(matches!(error, GeometryError::NotAPolygon), "{error}");
        }
        let mut infinite = encode(&with_hole()).unwrap();
        infinite[53..61].copy_from_slice(&f64::INFINITY.to_le_bytes());
        assert!(matches!(decode(&infinite), Err(GeometryError::NotFinite)));
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
            if let Ok(polygon) = decode(&blob) {
                prop_assert!(polygon.coords_iter().all(|c| c.x.is_finite() && c.y.is_finite()));
            }
        }
    }
}
