//! What a key names and may leave open, such as a vertical datum.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

/// What a text names; none where it is empty.
pub(super) fn optional<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    let name = String::deserialize(value)?;
    let named = (!name.is_empty()).then(|| name.parse());
    named.transpose().map_err(D::Error::custom)
}
