//! Polygons as GeoPackage blobs: a header with the bounding box, then well-known binary (OGC 12-128r19, clause 2.1.3).

use geo::{BoundingRect, Coord, LineString, Polygon, Rect, coord};

/// WGS84, longitude and latitude in degrees; the only reference system of the store.
pub const SRS_ID: i32 = 4326;

/// Length of the header that [`encode`] writes, in bytes.
pub const HEADER_BYTES: u32 = 40;

const MAGIC: [u8; 2] = *b"GP";
/// Little-endian header with a two-dimensional bounding box.
const FLAGS: u8 = 0b0000_0011;
const WKB_LITTLE_ENDIAN: u8 = 1;
const WKB_POLYGON: u32 = 3;

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
    blob.push(WKB_LITTLE_ENDIAN);
    blob.extend(WKB_POLYGON.to_le_bytes());
    let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
    blob.extend(u32::try_from(rings().count()).ok()?.to_le_bytes());
    for ring in rings() {
        blob.extend(u32::try_from(ring.0.len()).ok()?.to_le_bytes());
        for vertex in ring {
            blob.extend(vertex.x.to_le_bytes());
            blob.extend(vertex.y.to_le_bytes());
        }
    }
    Some(blob)
}

/// The bounding box in the header of `blob`, or `None` when it has none of the kind that [`encode`] writes.
#[must_use]
pub fn bounds(blob: &[u8]) -> Option<Rect<f64>> {
    let mut reader = Reader {
        bytes: blob,
        little_endian: true,
    };
    if reader.take::<2>()? != MAGIC || reader.take::<2>()? != [0, FLAGS] {
        return None;
    }
    reader.take::<4>()?;
    let [min_x, max_x, min_y, max_y] = [
        reader.double()?,
        reader.double()?,
        reader.double()?,
        reader.double()?,
    ];
    Some(Rect::new(
        coord! { x: min_x, y: min_y },
        coord! { x: max_x, y: max_y },
    ))
}

/// The polygon in `blob`, or `None` when it is damaged or not a plain polygon. Reads either byte order, since the
/// file may have been edited in another program.
#[must_use]
pub fn decode(blob: &[u8]) -> Option<Polygon<f64>> {
    let mut reader = Reader {
        bytes: blob,
        little_endian: true,
    };
    if reader.take::<2>()? != MAGIC {
        return None;
    }
    let [_version, flags] = reader.take::<2>()?;
    reader.take::<4>()?;
    let envelope_bytes = match (flags >> 1) & 0b111 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    reader.bytes = reader.bytes.get(envelope_bytes..)?;
    reader.little_endian = reader.take::<1>()? == [WKB_LITTLE_ENDIAN];
    if reader.int()? != WKB_POLYGON {
        return None;
    }
    let rings = reader.int()?;
    let mut lines = Vec::new();
    for _ in 0..rings {
        let vertices = reader.int()?;
        let mut line = Vec::new();
        for _ in 0..vertices {
            line.push(Coord {
                x: reader.double()?,
                y: reader.double()?,
            });
        }
        lines.push(LineString::new(line));
    }
    let mut lines = lines.into_iter();
    Some(Polygon::new(lines.next()?, lines.collect()))
}

struct Reader<'b> {
    bytes: &'b [u8],
    little_endian: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*chunk)
    }

    fn int(&mut self) -> Option<u32> {
        let bytes = self.take()?;
        Some(if self.little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    fn double(&mut self) -> Option<f64> {
        let bytes = self.take()?;
        let value = if self.little_endian {
            f64::from_le_bytes(bytes)
        } else {
            f64::from_be_bytes(bytes)
        };
        value.is_finite().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    fn with_hole() -> Polygon<f64> {
        polygon!(
            exterior: [(x: 7.0, y: 46.0), (x: 7.2, y: 46.0), (x: 7.2, y: 46.2), (x: 7.0, y: 46.2)],
            interiors: [[(x: 7.1, y: 46.1), (x: 7.1, y: 46.15), (x: 7.15, y: 46.1)]],
        )
    }

    #[test]
    fn a_polygon_with_a_hole_survives_the_round_trip() {
        assert_eq!(decode(&encode(&with_hole()).unwrap()), Some(with_hole()));
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
            assert_eq!(decode(&blob[..length]), None, "cut to {length}");
        }
    }

    #[test]
    fn a_count_of_four_billion_vertices_costs_no_memory() {
        let mut blob = encode(&with_hole()).unwrap();
        blob[49..53].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(decode(&blob), None);
    }
}
