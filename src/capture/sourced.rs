//! A value with where it comes from.

/// A value with the tags of the photograph that it was read from, for instance `XMP drone-dji:RelativeAltitude`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// The tags.
    pub from: String,
}

impl<T> Sourced<T> {
    /// A value read from `from`.
    pub(super) fn new(value: T, from: impl ToString) -> Self {
        Self {
            value,
            from: from.to_string(),
        }
    }

    /// Another value made of this one, of the same source.
    pub(super) fn map<U>(self, work: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced {
            value: work(self.value),
            from: self.from,
        }
    }
}
