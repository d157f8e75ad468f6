//! The vertical datum that a key names.

use scarp_geo::VerticalDatum;
use serde::{Deserialize, Deserializer, de::Error};

/// A datum by its name; none where the text is empty.
pub(super) fn named<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<VerticalDatum>, D::Error> {
    let name = String::deserialize(value)?;
    let datum = (!name.is_empty()).then(|| name.parse());
    datum.transpose().map_err(D::Error::custom)
}
