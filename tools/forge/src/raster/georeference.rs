//! Where a GeoTIFF lies (OGC 19-008r4).

use std::{fmt, fs::File, io::BufReader, path::Path};

use tiff::{
    decoder::{Decoder, Limits},
    tags::Tag,
};

/// Largest tag read: the tags asked for here are a few hundred bytes.
const MAX_TAG_BYTES: usize = 1 << 20;
const GT_MODEL_TYPE: u16 = 1024;
const GT_RASTER_TYPE: u16 = 1025;
const GEODETIC_CRS: u16 = 2048;
const PROJECTED_CRS: u16 = 3072;
const PIXEL_IS_POINT: u16 = 2;
/// "User-defined": the file describes its reference system by parameters instead of a code.
const USER_DEFINED: u16 = 32_767;

/// The reference system a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Crs {
    /// By its EPSG code.
    Epsg(u16),
    /// Described by parameters.
    UserDefined,
    /// Not stated.
    Unstated,
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epsg(code) => write!(f, "EPSG:{code}"),
            Self::UserDefined => write!(f, "a reference system without EPSG code"),
            Self::Unstated => write!(f, "no reference system"),
        }
    }
}

/// A GeoTIFF's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Georeference {
    /// The reference system.
    pub crs: Crs,
    /// Steps and origin: x = a column + b row + c, y = d column + e row + f, where (0, 0) is the corner of the first pixel.
    pub affine: [f64; 6],
    /// The value GDAL says means "no data".
    pub nodata: Option<f64>,
    tags: GeoTags,
}

/// The tags that say it, ready to be written into a part of the image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GeoTags {
    /// `ModelTransformationTag`, row-major.
    pub transformation: Vec<f64>,
    /// `GeoKeyDirectoryTag`.
    pub directory: Vec<u16>,
    /// `GeoDoubleParamsTag`.
    pub doubles: Vec<f64>,
    /// `GeoAsciiParamsTag`.
    pub ascii: String,
}

impl Georeference {
    /// Reads the place of the TIFF at `path`; `None` if it has none or is no TIFF that can be read.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        let mut limits = Limits::default();
        limits.ifd_value_size = MAX_TAG_BYTES;
        let file = BufReader::new(File::open(path).ok()?);
        let mut tiff = Decoder::new(file).ok()?.with_limits(limits);
        let scale = tiff.get_tag_f64_vec(Tag::ModelPixelScaleTag).ok();
        let tie = tiff.get_tag_f64_vec(Tag::ModelTiepointTag).ok();
        let matrix = tiff.get_tag_f64_vec(Tag::ModelTransformationTag).ok();
        let stated = match (scale.as_deref(), tie.as_deref(), matrix.as_deref()) {
            (_, _, Some(&[a, b, _, c, d, e, _, f, ..])) => [a, b, c, d, e, f],
            (Some(&[sx, sy, ..]), Some(&[column, row, _, x, y, _]), _) => {
                [sx, 0.0, x - column * sx, 0.0, -sy, y + row * sy]
            }
            _ => return None,
        };
        let [a, b, _, d, e, _] = stated;
        if stated.iter().any(|v| !v.is_finite()) || a * e - b * d == 0.0 {
            return None;
        }
        let directory = tiff
            .get_tag_u16_vec(Tag::GeoKeyDirectoryTag)
            .unwrap_or_default();
        let tags = GeoTags {
            transformation: Vec::new(),
            doubles: tiff
                .get_tag_f64_vec(Tag::GeoDoubleParamsTag)
                .unwrap_or_default(),
            ascii: tiff
                .get_tag_ascii_string(Tag::GeoAsciiParamsTag)
                .unwrap_or_default(),
            directory,
        };
        let nodata = tiff.get_tag_ascii_string(Tag::GdalNodata).ok();
        let at_centre = tags.key(GT_RASTER_TYPE) == Some(PIXEL_IS_POINT);
        Some(Self {
            crs: tags.crs(),
            affine: if at_centre {
                shift(stated, -0.5, -0.5)
            } else {
                stated
            },
            nodata: nodata.and_then(|text| text.trim_matches(['\0', ' ']).parse().ok()),
            tags,
        })
    }

    /// A pixel position in the reference system.
    #[must_use]
    pub fn place(&self, column: f64, row: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.affine;
        (a * column + b * row + c, d * column + e * row + f)
    }

    /// The pixel position of a place in the reference system.
    #[must_use]
    pub fn pixel(&self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.affine;
        let (x, y, determinant) = (x - c, y - f, a * e - b * d);
        ((e * x - b * y) / determinant, (a * y - d * x) / determinant)
    }

    /// The tags of the part of the image that begins at a pixel.
    #[must_use]
    pub fn tags_at(&self, column: u32, row: u32) -> GeoTags {
        let half = if self.tags.key(GT_RASTER_TYPE) == Some(PIXEL_IS_POINT) {
            0.5
        } else {
            0.0
        };
        let [a, b, c, d, e, f] =
            shift(self.affine, f64::from(column) + half, f64::from(row) + half);
        GeoTags {
            transformation: vec![
                a, b, 0.0, c, d, e, 0.0, f, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0,
            ],
            ..self.tags.clone()
        }
    }
}

/// The same steps from another first pixel.
fn shift([a, b, c, d, e, f]: [f64; 6], columns: f64, rows: f64) -> [f64; 6] {
    [
        a,
        b,
        a * columns + b * rows + c,
        d,
        e,
        d * columns + e * rows + f,
    ]
}

impl GeoTags {
    /// The value of a key that is stored in the directory itself.
    fn key(&self, key: u16) -> Option<u16> {
        let mut entries = self.directory.chunks_exact(4).skip(1);
        entries.find_map(|entry| match entry {
            [id, 0, 1, value] if *id == key => Some(*value),
            _ => None,
        })
    }

    fn crs(&self) -> Crs {
        let code = match self.key(GT_MODEL_TYPE) {
            Some(1) => self.key(PROJECTED_CRS),
            Some(2) => self.key(GEODETIC_CRS),
            _ => None,
        };
        match code {
            None | Some(0) => Crs::Unstated,
            Some(USER_DEFINED) => Crs::UserDefined,
            Some(code) => Crs::Epsg(code),
        }
    }
}
