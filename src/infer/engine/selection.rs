//! Which engines of a table a name stands for.

use std::slice;

use thiserror::Error;

use super::interface::Registration;

/// The name that stands for all engines.
pub const AUTO: &str = "auto";

/// A name that no engine has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{name}\" is no engine; it must be one of {known}")]
pub struct UnknownEngine {
    /// The name.
    pub name: String,
    /// The names that there are.
    pub known: String,
}

/// Those engines of `table` that a board's word for them stands for: all by [`AUTO`], else the one of that name.
///
/// # Errors
/// When there is none of that name.
pub fn engines<'a>(
    table: &'a [Registration],
    name: &str,
) -> Result<&'a [Registration], UnknownEngine> {
    if name == AUTO {
        return Ok(table);
    }
    let found = table.iter().find(|engine| engine.name == name);
    found.map(slice::from_ref).ok_or_else(|| {
        let names = table.iter().map(|engine| engine.name);
        UnknownEngine {
            name: name.to_owned(),
            known: [AUTO]
                .into_iter()
                .chain(names)
                .collect::<Vec<_>>()
                .join(", "),
        }
    })
}
