//! The kind of camera that a device's name belongs to.

use super::{
    camera::{Camera, OpenError},
    settings::CameraSettings,
};

/// Opens a camera of one kind; `None` where the device's name is of another kind.
pub type OpenCamera = fn(&CameraSettings) -> Option<Result<Box<dyn Camera>, OpenError>>;

/// Opens the camera of the settings by the first of `kinds` that its name belongs to.
///
/// # Errors
/// When there is no such camera or it cannot do what is wanted.
pub fn open(kinds: &[OpenCamera], settings: &CameraSettings) -> Result<Box<dyn Camera>, OpenError> {
    let opened = kinds.iter().find_map(|open| open(settings));
    opened.unwrap_or_else(|| {
        Err(OpenError::UnknownKind {
            device: settings.device.display().to_string(),
        })
    })
}
