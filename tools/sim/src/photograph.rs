//! A frame as a drone stores it: JPEG with EXIF and DJI's XMP.

use anyhow::Context;
use image::{RgbImage, codecs::jpeg::JpegEncoder};
use img_parts::{
    Bytes, ImageEXIF,
    jpeg::{Jpeg, JpegSegment},
};

use crate::{
    camera::{Camera, Pose},
    exif,
};

/// What the drone knows when the shutter opens.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// Position and time.
    pub exposure: exif::Exposure,
    /// Height above the place of take-off in metres.
    pub relative_m: f64,
    /// The camera's pose as measured.
    pub pose: Pose,
    /// Direction of flight, degrees clockwise from true north.
    pub heading_deg: f64,
    /// Speed to the north and to the east in metres per second.
    pub speed_m_s: (f64, f64),
}

/// The bytes of the file.
///
/// # Errors
/// When the picture cannot be encoded.
pub fn jpeg(image: &RgbImage, camera: &Camera, note: &Note) -> anyhow::Result<Bytes> {
    const QUALITY: u8 = 92;
    const APP1: u8 = 0xE1;
    let mut plain = Vec::new();
    JpegEncoder::new_with_quality(&mut plain, QUALITY)
        .encode_image(image)
        .context("cannot encode a frame")?;
    let mut jpeg = Jpeg::from_bytes(plain.into()).context("cannot read back a frame")?;
    let packet = [
        b"http://ns.adobe.com/xap/1.0/\0".as_slice(),
        xmp(camera, note).as_bytes(),
    ]
    .concat();
    jpeg.segments_mut()
        .insert(0, JpegSegment::new_with_contents(APP1, packet.into()));
    jpeg.set_exif(Some(exif::block(camera, &note.exposure).into()));
    Ok(jpeg.encoder().bytes())
}

/// DJI's properties, with more digits than DJI writes, so that a survey without errors is one.
fn xmp(camera: &Camera, note: &Note) -> String {
    let pose = &note.pose;
    let properties = [
        ("GpsLatitude", format!("{:+.9}", note.exposure.latitude_deg)),
        (
            "GpsLongitude",
            format!("{:+.9}", note.exposure.longitude_deg),
        ),
        (
            "AbsoluteAltitude",
            format!("{:+.3}", note.exposure.altitude_m),
        ),
        ("RelativeAltitude", format!("{:+.3}", note.relative_m)),
        ("GimbalYawDegree", format!("{:+.4}", signed(pose.yaw_deg))),
        ("GimbalPitchDegree", format!("{:+.4}", pose.pitch_deg)),
        ("GimbalRollDegree", format!("{:+.4}", signed(pose.roll_deg))),
        (
            "FlightYawDegree",
            format!("{:+.2}", signed(note.heading_deg)),
        ),
        ("FlightPitchDegree", "-4.00".to_owned()),
        ("FlightRollDegree", "+0.00".to_owned()),
        ("FlightXSpeed", format!("{:+.2}", note.speed_m_s.0)),
        ("FlightYSpeed", format!("{:+.2}", note.speed_m_s.1)),
        ("CalibratedFocalLength", format!("{:.6}", camera.focal_px)),
        (
            "CalibratedOpticalCenterX",
            format!("{:.6}", f64::from(camera.width) / 2.0),
        ),
        (
            "CalibratedOpticalCenterY",
            format!("{:.6}", f64::from(camera.height) / 2.0),
        ),
    ];
    let attributes: String = properties
        .iter()
        .map(|(name, value)| format!("\n   drone-dji:{name}=\"{value}\""))
        .collect();
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n \
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  \
         <rdf:Description rdf:about=\"\" xmlns:drone-dji=\"http://www.dji.com/drone-dji/1.0/\"{attributes}/>\n \
         </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
}

/// The same angle between -180 and 180 degrees.
fn signed(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}
