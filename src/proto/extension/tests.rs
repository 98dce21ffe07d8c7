//! The table of RFC 7692, 7.1: what is offered, and what is answered.

use super::*;
use proptest::prelude::*;

/// What every route grants that says nothing else.
const ALONE: Grant = Grant {
    context_takeover: false,
    window_bits: 15,
};
const KEPT: Grant = Grant {
    context_takeover: true,
    window_bits: 15,
};
const NARROW: Grant = Grant {
    context_takeover: true,
    window_bits: 11,
};

/// The answer to a header; none if nothing is agreed on.
fn answer(header: &str, grant: Grant) -> Option<String> {
    let agreed = negotiate(&[header.as_bytes()], Some(&grant)).expect("it is a list");
    agreed.map(|agreed| agreed.to_string())
}

fn is_refused(header: &[u8]) -> bool {
    // Whether or not we would have accepted anything.
    let refused = negotiate(&[header], Some(&ALONE)).is_err();
    assert_eq!(negotiate(&[header], None).is_err(), refused);
    refused
}

#[test]
fn by_default_no_side_keeps_a_context() {
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    for offer in [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=10",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_no_context_takeover",
        both,
    ] {
        assert_eq!(answer(offer, ALONE).as_deref(), Some(both), "{offer}");
    }
}

#[test]
fn a_window_that_the_client_asks_for_is_kept_to() {
    for bits in 9..=15 {
        let offer = format!("permessage-deflate; server_max_window_bits={bits}");
        let agreed = negotiate(&[offer.as_bytes()], Some(&ALONE));
        let agreed = agreed.unwrap().expect("it can be met");
        assert_eq!(agreed.server_window_bits, bits);
        let expected = format!("; server_max_window_bits={bits}");
        assert!(agreed.to_string().ends_with(&expected), "{agreed}");
    }
}

#[test]
fn a_window_of_8_bits_is_declined() {
    let offer = "permessage-deflate; server_max_window_bits=8";
    assert_eq!(answer(offer, ALONE), None);
    let second = format!("{offer}, permessage-deflate; server_max_window_bits=9");
    let expected = "permessage-deflate; server_no_context_takeover; \
                    client_no_context_takeover; server_max_window_bits=9";
    assert_eq!(answer(&second, ALONE).as_deref(), Some(expected));
    // What the client itself uses is its own affair: every window of it can be read.
    let own = "permessage-deflate; client_max_window_bits=8";
    assert!(answer(own, ALONE).is_some());
}

#[test]
fn a_route_with_kept_contexts_leaves_out_what_forbids_them() {
    for (offer, expected) in [
        ("permessage-deflate", "permessage-deflate"),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate",
        ),
        (
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover",
        ),
        (
            "permessage-deflate; client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover",
        ),
        (
            "permessage-deflate; server_max_window_bits=12",
            "permessage-deflate; server_max_window_bits=12",
        ),
    ] {
        assert_eq!(answer(offer, KEPT).as_deref(), Some(expected), "{offer}");
    }
}

#[test]
fn a_narrow_route_says_so_and_binds_only_clients_that_can_be() {
    for (offer, expected) in [
        (
            "permessage-deflate",
            "permessage-deflate; server_max_window_bits=11",
        ),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11",
        ),
        (
            "permessage-deflate; client_max_window_bits=9",
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=9",
        ),
        (
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10",
        ),
    ] {
        assert_eq!(answer(offer, NARROW).as_deref(), Some(expected), "{offer}");
    }
}

#[test]
fn an_offer_that_is_not_understood_is_declined_and_the_next_one_taken() {
    for declined in [
        "x-webkit-deflate-frame",
        "permessage-bzip2",
        "Permessage-Deflate",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=15; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; server_no_context_takeover=true",
        "permessage-deflate; client_no_context_takeover=\"\\1\"",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=1",
        "permessage-deflate; server_max_window_bits=100",
        "permessage-deflate; server_max_window_bits=-9",
        "permessage-deflate; server_max_window_bits=9.5",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=16",
    ] {
        assert_eq!(answer(declined, ALONE), None, "{declined}");
        let two = format!("{declined}, permessage-deflate");
        assert_eq!(answer(&two, KEPT).as_deref(), Some("permessage-deflate"));
    }
}

#[test]
fn the_first_offer_that_can_be_met_counts() {
    let offers = "x; a=1, permessage-deflate; server_max_window_bits=10, permessage-deflate";
    let expected = Some("permessage-deflate; server_max_window_bits=10");
    assert_eq!(answer(offers, KEPT).as_deref(), expected);
}

#[test]
fn spaces_quotes_lines_and_empty_items_mean_nothing() {
    let expected = Some("permessage-deflate; server_max_window_bits=10".to_owned());
    for offer in [
        "permessage-deflate;server_max_window_bits=10",
        "\tpermessage-deflate\t ;  server_max_window_bits = 10  ",
        "permessage-deflate; server_max_window_bits=\"10\"",
        "permessage-deflate; server_max_window_bits=\"\\1\\0\"",
        ",, permessage-deflate; server_max_window_bits=10 ,",
        "x; a=\"b\\c\", permessage-deflate; server_max_window_bits=10",
    ] {
        assert_eq!(answer(offer, KEPT), expected, "{offer}");
    }
    let lines: [&[u8]; 3] = [
        b"x",
        b"",
        b"permessage-deflate; server_max_window_bits=10, y",
    ];
    let agreed = negotiate(&lines, Some(&KEPT)).unwrap();
    assert_eq!(agreed.map(|agreed| agreed.to_string()), expected);
}

#[test]
fn without_terms_or_offers_nothing_is_agreed_on() {
    assert_eq!(negotiate(&[b"permessage-deflate"], None), Ok(None));
    for values in [&[][..], &[&b""[..]], &[b" ,\t,"], &[b"x"]] {
        assert_eq!(negotiate(values, Some(&ALONE)), Ok(None));
    }
}

#[test]
fn what_is_no_list_of_extensions_is_refused() {
    for header in [
        &b";"[..],
        b"=",
        b"\"permessage-deflate\"",
        b"permessage-deflate server_no_context_takeover",
        b"permessage-deflate;",
        b"permessage-deflate;;server_no_context_takeover",
        b"permessage-deflate; =10",
        b"permessage-deflate; server_max_window_bits=",
        b"permessage-deflate; server_max_window_bits=\"\"",
        b"permessage-deflate; server_max_window_bits=\"10",
        b"permessage-deflate; server_max_window_bits=\"10\\\"",
        b"permessage-deflate; server_max_window_bits=\"1,0\"",
        b"permessage-deflate; server_max_window_bits=\"1\" 0",
        b"permessage-deflate/1",
        b"permessage-deflate, caf\xc3\xa9",
        b"permessage\0deflate",
    ] {
        assert!(is_refused(header), "{}", header.escape_ascii());
    }
}

#[test]
fn a_comma_between_quotes_does_not_divide_the_list() {
    assert!(is_refused(b"x; a=\"b, permessage-deflate; c=\""));
}

#[test]
fn sixteen_offers_are_the_most() {
    let sixteen = ["x"; 15].join(",") + ", permessage-deflate";
    assert!(answer(&sixteen, ALONE).is_some());
    let refused = negotiate(&[sixteen.as_bytes(), b"x"], Some(&ALONE));
    let why = "Sec-WebSocket-Extensions offers more than 16";
    assert_eq!(refused, Err(Refused::BadRequest(why)));
    let parameters = format!("permessage-deflate{}", "; a=1".repeat(10_000));
    assert_eq!(answer(&parameters, ALONE), None);
}

/// Headers that are mostly lists of extensions, so that more than the first byte is read.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "permessage-deflate",
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits",
        ";",
        "; ",
        ",",
        "=",
        "\"",
        "\\",
        " ",
        "8",
        "10",
        "15",
        "x",
        "é",
    ]);
    let parts = prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat().into_bytes());
    prop_oneof![3 => parts, 1 => any::<Vec<u8>>()]
}

proptest! {
    #[test]
    fn no_header_panics_and_what_is_agreed_on_was_offered(
        values in prop::collection::vec(header(), 0..3), kept: bool, bits in 9u8..=15,
    ) {
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let grant = Grant { context_takeover: kept, window_bits: bits };
        if let Ok(Some(agreed)) = negotiate(&values, Some(&grant)) {
            let header = values.join(&b","[..]);
            let offers = |word: &str| header.windows(word.len()).any(|part| part == word.as_bytes());
            prop_assert!(offers("permessage-deflate"));
            prop_assert!((9..=bits).contains(&agreed.server_window_bits));
            prop_assert!(kept || !(agreed.server_keeps_context || agreed.client_keeps_context));
            // Two lines are as good as one with a comma between.
            prop_assert_eq!(negotiate(&[&header], Some(&grant)), Ok(Some(agreed)));
            // And a client that knows the RFC understands the answer as an offer of the same.
            let answer = agreed.to_string();
            prop_assert!(!answer.contains("client_max_window_bits") || offers("client_max_window_bits"));
            let again = negotiate(&[answer.as_bytes()], Some(&grant)).unwrap();
            prop_assert_eq!(again.map(|again| again.to_string()), Some(answer));
        }
    }
}
