//! The word that was meant.

/// The candidate most like a mistyped word, if one is like it at all.
///
/// The measure and its bound are clap's, so that values get the same help as commands.
#[allow(dead_code, reason = "for values that clap does not know")]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_its_word_and_a_strange_word_finds_none() {
        let templates = ["chat", "minimal", "notifications", "game"];
        assert_eq!(nearest("cht", templates), Some("chat"));
        assert_eq!(nearest("notification", templates), Some("notifications"));
        assert_eq!(nearest("gmae", templates), Some("game"));
        assert_eq!(nearest("database", ["chat", "minimal"]), None);
        assert_eq!(nearest("", templates), None);
    }
}
