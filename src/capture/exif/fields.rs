//! The fields of a parsed EXIF block, by tag.

use exif::{In, Tag, Value};

/// The fields of a photograph, those of its thumbnail left out.
pub(super) struct Fields<'a>(pub(super) &'a exif::Exif);

impl Fields<'_> {
    pub(super) fn value(&self, tag: Tag) -> Option<&Value> {
        self.0.get_field(tag, In::PRIMARY).map(|field| &field.value)
    }

    /// The `index`th number of a field, if finite: a rational with denominator 0 counts as missing.
    pub(super) fn number(&self, tag: Tag, index: usize) -> Option<f64> {
        let number = match self.value(tag)? {
            Value::Rational(v) => v.get(index)?.to_f64(),
            Value::SRational(v) => v.get(index)?.to_f64(),
            Value::Float(v) => f64::from(*v.get(index)?),
            Value::Double(v) => *v.get(index)?,
            other => f64::from(other.get_uint(index)?),
        };
        number.is_finite().then_some(number)
    }

    /// The first number of a field, if it is more than 0.
    pub(super) fn positive(&self, tag: Tag) -> Option<f64> {
        self.number(tag, 0).filter(|number| *number > 0.0)
    }

    /// A text without blanks and zeros around it, if anything is left.
    pub(super) fn text(&self, tag: Tag) -> Option<&str> {
        let Value::Ascii(lines) = self.value(tag)? else {
            return None;
        };
        let text = std::str::from_utf8(lines.first()?).ok()?;
        Some(text.trim_matches(|c: char| c.is_whitespace() || c == '\0')).filter(|t| !t.is_empty())
    }
}
