//! The word that was meant.

/// The candidate most like a mistyped word, if one is like it at all.
///
/// Alike is what clap calls so, and what differs by one slip in three letters: by clap's
/// measure alone `nwe` is nothing like `new`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips_allowed = (word.chars().count() / 3).max(1);
    let likeness = |candidate: &str| {
        let slips = strsim::damerau_levenshtein(word, candidate);
        let likeness = strsim::jaro(word, candidate);
        // Two letters are too few to say which word was meant.
        let is_alike = likeness > 0.7 || slips <= slips_allowed && word.chars().count() > 2;
        is_alike.then_some((slips, likeness))
    };
    candidates
        .into_iter()
        .filter_map(|candidate| Some((likeness(candidate)?, candidate)))
        .min_by(|((slips, likeness), _), ((others, other), _)| {
            slips.cmp(others).then(other.total_cmp(likeness))
        })
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
        assert_eq!(nearest("nwe", ["serve", "new", "ws"]), Some("new"));
        assert_eq!(nearest("database", ["chat", "minimal"]), None);
        for strange in ["", "x", "xy", "xyz"] {
            assert_eq!(nearest(strange, templates), None, "{strange}");
        }
    }
}
