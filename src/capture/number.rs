//! Numbers as cameras write them.

/// The finite number that a text stands for: plain (`+39.80`), with a decimal comma (`+39,80`), as a rational (`3980/100`), or with
/// two signs (`+-1.20`, as the format `+%.2f` writes -1.20). `None` for anything else.
pub(super) fn number(text: &str) -> Option<f64> {
    let value = match text.split_once('/') {
        Some((above, below)) => decimal(above)? / decimal(below)?,
        None => decimal(text)?,
    };
    value.is_finite().then_some(value)
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    // A comma beside a point would part thousands, and which of them does is not told.
    let text = match text.split_once(',') {
        Some((whole, part)) if !part.contains(['.', ',']) && !whole.contains('.') => {
            format!("{whole}.{part}")
        }
        _ => text.to_owned(),
    };
    // Rust reads "inf" and "nan" as numbers, too.
    let digits = text
        .chars()
        .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("+39.80", Some(39.8))]
    #[case(" -3.5 ", Some(-3.5))]
    #[case("+39,80", Some(39.8))]
    #[case("-0,5", Some(-0.5))]
    #[case("3980/100", Some(39.8))]
    #[case("-7/2", Some(-3.5))]
    #[case("+-1.20", Some(-1.2))]
    #[case("1.5e2", Some(150.0))]
    #[case("0/0", None)]
    #[case("1/0", None)]
    #[case("", None)]
    #[case("+", None)]
    #[case("nan", None)]
    #[case("inf", None)]
    #[case("--1.2", None)]
    #[case("1,234.5", None)]
    #[case("1.234,5", None)]
    #[case("1,2,3", None)]
    #[case("39.8 m", None)]
    #[case("1/2/3", None)]
    fn a_number_is_read_as_cameras_write_it_or_not_at_all(
        #[case] text: &str,
        #[case] expected: Option<f64>,
    ) {
        assert_eq!(number(text), expected);
    }
}
