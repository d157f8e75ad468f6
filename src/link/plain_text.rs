//! What the other end says, made fit for a line of the log.

/// `text` with a space for each character that would break the line or steer the terminal that shows it: control characters, and those
/// that break lines or turn the direction of writing (Unicode Standard Annex 9, section 2; Unicode Standard, section 5.8).
#[must_use]
pub fn plain(text: &str) -> String {
    text.replace(steers, " ")
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_a_line_steers_a_terminal_or_turns_its_writing_is_a_space_and_all_else_stays() {
        assert_eq!(plain("bye\r\n\u{1b}[2J\u{9b}1m\0"), "bye   [2J 1m ");
        assert_eq!(plain("a\u{2028}b\u{202e}c\u{2066}d\u{200f}e"), "a b c d e");
        let words = "Grüße, 地すべり, 🛰\u{fe0f} 3 m\u{b2}";
        assert_eq!(plain(words), words);
    }
}
