//! Why a frame cannot be placed.

use scarp_geo::Wgs84;
use scarp_nav::NoPose;
use thiserror::Error;

use super::left_out::LeftOut;

/// Why a frame cannot be placed. The frame itself is sound: it is kept and counted.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Untagged {
    /// A live frame that the sensors do not place.
    #[error(transparent)]
    NoPose(#[from] NoPose),
    /// A photograph that is no new view of the ground in visible light.
    #[error(transparent)]
    LeftOut(#[from] LeftOut),
    /// No position.
    #[error(
        "no GPS position; switch geotagging on in the camera, or wait for a fix before take-off"
    )]
    NoPosition,
    /// Latitude and longitude are both exactly 0, as cameras write without a fix.
    #[error("GPS position 0, 0, which means no fix; wait for a fix before take-off")]
    NoFix,
    /// The position is not on earth.
    #[error("GPS position {place} is not on earth; use the photograph as the camera wrote it")]
    BadPosition {
        /// As the camera wrote it.
        place: Wgs84,
    },
    /// Only a part of the position is there.
    #[error(
        "EXIF {tag} {fault}; half a position is none, use the photograph as the camera wrote it"
    )]
    IncompletePosition {
        /// The field at fault.
        tag: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// The receiver warns of its own position.
    #[error("{tag} is {status}: the receiver had no valid fix; wait for a fix before take-off")]
    VoidFix {
        /// The tag that says so.
        tag: String,
        /// What it says.
        status: String,
    },
    /// The receiver saw too few satellites.
    #[error(
        "EXIF GPSMeasureMode is 2: the position was computed with an assumed height, and may be far off; wait for a 3D fix before take-off"
    )]
    FixWithoutHeight,
    /// The position is not over WGS84.
    #[error(
        "the position is over the datum {datum:?} (EXIF GPSMapDatum), hundreds of metres from WGS84 perhaps; set the camera to WGS-84"
    )]
    OtherDatum {
        /// As the camera wrote it.
        datum: String,
    },
    /// Two tellings of the position contradict each other.
    #[error(
        "two positions {apart_m:.1} m apart, {xmp:.6} by XMP and {exif:.6} by EXIF, where {tolerance_m:.1} m are within their errors; use the photograph as the camera wrote it"
    )]
    PositionsDiffer {
        /// In the maker's own properties.
        xmp: Wgs84,
        /// In EXIF.
        exif: Wgs84,
        /// Metres between them.
        apart_m: f64,
        /// Metres allowed.
        tolerance_m: f64,
    },
    /// The position did not change while photographs were taken.
    #[error(
        "the same GPS position as {other}, to the last digit ({count} photographs have it): the receiver stood still, not the aircraft; where it did hover, keep one of them"
    )]
    RepeatedFix {
        /// Another photograph at the position.
        other: String,
        /// How many photographs have it.
        count: usize,
    },
    /// No height.
    #[error(
        "no altitude; use a camera that writes the height above take-off or above the ellipsoid"
    )]
    NoAltitude,
    /// The only height is one whose datum the camera leaves open.
    #[error(
        "{unused}; over flat ground, state how high the photographs were taken with --height-above-takeoff"
    )]
    DatumUnclear {
        /// The height, and why it does not count.
        unused: String,
    },
    /// The receiver's heights say that photographs were not taken at the one height that is stated of them.
    #[error(
        "the photograph was taken {apart_m:.1} m {side} most others that --height-above-takeoff {stated_m} is stated of, by the receiver's heights, where {tolerance_m:.1} m are within their errors; give it with photographs of its height, or an elevation model with --photo-datum"
    )]
    OtherHeight {
        /// Metres between its height and the median.
        apart_m: f64,
        /// `above` or `below`.
        side: &'static str,
        /// Metres above take-off.
        stated_m: f64,
        /// Metres allowed.
        tolerance_m: f64,
    },
    /// A height that no aircraft has.
    #[error("an altitude that no aircraft has; use the photograph as the camera wrote it")]
    BadAltitude,
    /// No attitude of the camera.
    #[error(
        "no gimbal angles; use a camera that writes them, or state that it looks straight down"
    )]
    NoAttitude,
    /// Some angles of the camera, but not all.
    #[error("{tag} is missing beside the other angles; use the photograph as the camera wrote it")]
    MissingAngle {
        /// What is missing.
        tag: String,
    },
    /// An angle that is none.
    #[error(
        "{tag} is {degrees} degrees, which is no angle; use the photograph as the camera wrote it"
    )]
    BadAngle {
        /// The tag.
        tag: String,
        /// What it says.
        degrees: f64,
    },
    /// Two tellings of the attitude contradict each other.
    #[error(
        "the camera looks {apart_deg:.0} degrees apart by {first} and by {second}; use the photograph as the camera wrote it"
    )]
    AttitudesDiffer {
        /// The tags of the first.
        first: String,
        /// The tags of the second.
        second: String,
        /// Degrees between them.
        apart_deg: f64,
    },
    /// The gimbal's angles jumped by half a turn.
    #[error(
        "the top of the picture points to {heading_deg:.0} degrees by the gimbal's angles, and the aircraft to {flight_yaw_deg:.0}: gimbals flip so when they look straight down, and which of both is true is not told"
    )]
    GimbalFlipped {
        /// By the gimbal.
        heading_deg: f64,
        /// By the aircraft.
        flight_yaw_deg: f64,
    },
    /// EXIF asks for a mirror.
    #[error(
        "EXIF Orientation {orientation} is that of a mirrored picture, which no camera takes; use the photograph as the camera wrote it"
    )]
    Mirrored {
        /// As EXIF has it.
        orientation: u32,
    },
    /// EXIF and the gimbal both tell that the picture is turned.
    #[error(
        "EXIF Orientation {orientation} turns the picture, and so does the gimbal's roll of {roll_deg:.0} degrees; whether they mean the same turn is not told"
    )]
    TurnedTwice {
        /// As EXIF has it.
        orientation: u32,
        /// As the gimbal has it.
        roll_deg: f64,
    },
    /// The camera is stated to look straight down, but which way its top points is not known.
    #[error(
        "no heading; a camera that looks straight down needs one: use a camera that writes it, or take the direction flown for it (--heading-from-track)"
    )]
    NoHeading,
    /// The direction flown is to stand for the heading, and cannot.
    #[error(
        "no heading, and none by the line flown: {why}; use a camera that writes it, or a pose file (--poses)"
    )]
    NoLine {
        /// Why there is no such direction.
        why: String,
    },
    /// Nothing tells the field of view.
    #[error(
        "no focal length; use a camera that writes its 35 mm equivalent, or the focal length with the sensor's resolution"
    )]
    NoFocalLength,
    /// The focal length cannot be true.
    #[error("a focal length of {focal_px:.0} pixels cannot be true; correct the camera's metadata")]
    BadFocalLength {
        /// Pixels.
        focal_px: f64,
    },
    /// Two tellings of the focal length contradict each other.
    #[error(
        "the focal length is {first_px:.0} pixels by {first} and {second_px:.0} by {second}: the picture was made smaller or cropped since it was taken; use the photograph as the camera wrote it"
    )]
    FocalLengthsDiffer {
        /// The tags of the first.
        first: String,
        /// Pixels.
        first_px: f64,
        /// The tags of the second.
        second: String,
        /// Pixels.
        second_px: f64,
    },
    /// A digital zoom that cannot be true.
    #[error("EXIF DigitalZoomRatio {zoom} cannot be true; correct the camera's metadata")]
    BadZoom {
        /// As EXIF has it.
        zoom: f64,
    },
    /// A digital zoom beside a focal length that may count it or not.
    #[error(
        "the picture is enlarged {zoom} times (EXIF DigitalZoomRatio), and the only focal length is a 35 mm equivalent, which may count that or not; switch the digital zoom off"
    )]
    ZoomUnclear {
        /// As EXIF has it.
        zoom: f64,
    },
    /// The principal point is far from the centre.
    #[error(
        "a principal point at pixel {at:.0}, far from the centre of the picture, cannot be true: the picture was cropped or made smaller since it was taken; use the photograph as the camera wrote it"
    )]
    BadPrincipalPoint {
        /// Pixels.
        at: f64,
    },
    /// The calibration of the lens is none.
    #[error("{tag} {fault}; use the photograph as the camera wrote it")]
    BadLens {
        /// The tag of the calibration.
        tag: String,
        /// What is wrong with it, in words that follow its name.
        fault: String,
    },
    /// A lens is calibrated, but whether the picture has been straightened by that is not told.
    #[error(
        "{tag} has the lens's distortion, but no DewarpFlag tells whether the camera has taken it out of the picture; give a camera file (--camera)"
    )]
    DewarpUnclear {
        /// The tag of the calibration.
        tag: String,
    },
    /// The camera file is that of another camera.
    #[error(
        "the camera file is of pictures of {width} x {height} pixels, and this one stands the other way; give the file of the camera that took it"
    )]
    OtherCamera {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The camera has straightened the picture, and the camera file would again.
    #[error(
        "the camera has taken the lens's distortion out of the picture (XMP drone-dji:DewarpFlag 1), and the camera file has it still; give one without [brown] or [fisheye], or none"
    )]
    StraightenedTwice,
    /// The picture has another shape than when it was taken.
    #[error(
        "the picture was cropped from {recorded_width} x {recorded_height} to {width} x {height} pixels after it was taken; use the original file"
    )]
    Cropped {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        recorded_width: u32,
        /// Pixels.
        recorded_height: u32,
    },
    /// The picture stands upright where it was taken lying, or the other way about.
    #[error(
        "the picture was turned from {recorded_width} x {recorded_height} to {width} x {height} pixels after it was taken, and to which side is not told; use the original file"
    )]
    TurnedSince {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels.
        recorded_width: u32,
        /// Pixels.
        recorded_height: u32,
    },
    /// The photograph's row of the pose file cannot be used.
    #[error("{row} {fault}; correct it, or take the row out and let the photograph tell")]
    BadRow {
        /// The row: file and line.
        row: String,
        /// What is wrong with it, in words that follow its name.
        fault: String,
    },
    /// Two rows of the pose file are of the photograph.
    #[error("{first} and {second} are both of this photograph; take one of them out")]
    SeveralRows {
        /// One row: file and line.
        first: String,
        /// The other.
        second: String,
    },
    /// A row of the pose file is of several photographs.
    #[error(
        "{row} may be of this photograph or of {other}; write the folder before the name, or give each folder's photographs by themselves"
    )]
    RowOfSeveral {
        /// The row: file and line.
        row: String,
        /// Another photograph that it may be of.
        other: String,
    },
    /// The photograph was taken at another time than its row of the pose file says.
    #[error(
        "{row} is of an exposure {apart_s:.0} s from this photograph's ({tag}): it is the row of another flight; give the pose file of this one"
    )]
    RowOfOtherTime {
        /// The row: file and line.
        row: String,
        /// Seconds between the two.
        apart_s: f64,
        /// Where the photograph tells its time.
        tag: String,
    },
    /// A property of XMP has several values.
    #[error("{tag} says {first:?} and {second:?}; use the photograph as the camera wrote it")]
    ToldTwice {
        /// The property.
        tag: String,
        /// Its first value.
        first: String,
        /// Another one.
        second: String,
    },
    /// A property of XMP is no number.
    #[error("{tag} is {text:?}, which is no number; use the photograph as the camera wrote it")]
    NoNumber {
        /// The property.
        tag: String,
        /// Its text.
        text: String,
    },
    /// The XMP packet cannot be read.
    #[error(
        "the XMP metadata cannot be read ({reason}); use the photograph as the camera wrote it"
    )]
    BadXmp {
        /// What the parser says.
        reason: String,
    },
}
