//! What holds for all paths and patterns, and that none breaks anything.

use super::super::{Paths, Pattern, decoded};
use super::{fit, pattern};
use proptest::prelude::*;

/// Whether segments fit, as plainly as it can be said.
fn fits_naively(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", behind @ ..], _) => {
            fits_naively(behind, path) || (!path.is_empty() && fits_naively(pattern, &path[1..]))
        }
        (["{x}", behind @ ..], [first, rest @ ..]) => {
            !first.is_empty() && fits_naively(behind, rest)
        }
        ([own, behind @ ..], [first, rest @ ..]) => own == first && fits_naively(behind, rest),
        _ => false,
    }
}

/// As a client would escape a segment.
fn escaped(segment: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let escape = |byte: u8| match is_plain(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    segment.bytes().map(escape).collect()
}

proptest! {
    #[test]
    fn no_path_and_no_pattern_panics(text in "\\PC{0,40}", path in "\\PC{0,40}") {
        let text = format!("/{text}");
        if let Ok(pattern) = Pattern::read(&text) {
            let paths: Paths<()> = [(pattern, ())].into_iter().collect();
            let _ = paths.find(&path);
            let _ = paths.find(&format!("/{path}"));
        }
    }

    #[test]
    fn no_text_at_all_panics(text: String, path: String) {
        let _ = Pattern::read(&text);
        let _ = Pattern::read(&format!("/{{{text}}}"));
        let _ = Pattern::read(&format!("/{{a:{text}}}"));
        let paths: Paths<()> = [(pattern("/{a}.{b:[^.]*}/**/{c}"), ())].into_iter().collect();
        let _ = paths.find(&path);
        let _ = paths.find(&format!("/{path}"));
    }

    #[test]
    fn no_mix_of_what_means_something_panics(
        text in "(/|\\{x|[}:*?%{\\[\\]()\\\\a1]|%21|%ff){0,24}",
        path in "(/|[%a1*:]|%2F|%21|%ff|%){0,24}",
    ) {
        let text = format!("/{text}");
        if let Ok(pattern) = Pattern::read(&text) {
            let paths: Paths<()> = [(pattern, ())].into_iter().collect();
            let _ = paths.find(&format!("/{path}"));
        }
    }

    #[test]
    fn an_exact_path_fits_itself(segments in prop::collection::vec("([a-z0-9.~!$&'()+,;=@_-][a-z0-9.:-]{0,8})?", 1..6)) {
        let path = format!("/{}", segments.join("/"));
        let pattern = pattern(&path);
        prop_assert_eq!(pattern.exact(), Some(path.clone()));
        let paths: Paths<()> = [(pattern, ())].into_iter().collect();
        prop_assert!(paths.find(&path).is_some());
        let longer = paths.find(&format!("{path}/")).is_some();
        prop_assert!(!longer);
    }

    #[test]
    fn every_text_travels_as_a_param(value in "\\PC{1,20}") {
        let path = format!("/rooms/{}/x", escaped(&value));
        let paths: Paths<()> = [(pattern("/rooms/{room}/x"), ())].into_iter().collect();
        let (_, params) = paths.find(&path).expect("it fits");
        prop_assert_eq!(params.get("room"), Some(value.as_str()));
    }

    #[test]
    fn every_text_is_an_exact_path_of_its_own(one in "\\PC{1,9}", other in "\\PC{1,9}") {
        let paths: Paths<()> = [(pattern(&format!("/{}", escaped(&one))), ())].into_iter().collect();
        let is_found = paths.find(&format!("/{}", escaped(&one))).is_some();
        prop_assert!(is_found);
        let is_same = paths.find(&format!("/{}", escaped(&other))).is_some();
        prop_assert_eq!(is_same, one == other);
    }

    #[test]
    fn deep_patterns_fit_what_a_naive_search_fits(
        own in prop::collection::vec(prop::sample::select(vec!["a", "b", "{x}", "**", ""]), 1..6),
        path in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", ""]), 1..8),
    ) {
        let mut place = 0;
        let named: Vec<String> = own.iter().map(|segment| {
            place += 1;
            segment.replace('x', &format!("x{place}"))
        }).collect();
        let fits = fit(&format!("/{}", named.join("/")), &format!("/{}", path.join("/")));
        prop_assert_eq!(fits.is_some(), fits_naively(&own, &path));
    }

    #[test]
    fn a_key_is_read_back(segments in prop::collection::vec("\\PC{0,6}", 1..5)) {
        let key = decoded::key(&segments);
        let read: Vec<String> = decoded::segments(&key).expect("a key is a path")
            .into_iter().map(String::from).collect();
        prop_assert_eq!(read, segments);
    }
}
