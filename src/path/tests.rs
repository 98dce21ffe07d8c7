//! What patterns fit, which of several counts, and that a hostile path takes no longer.

mod random;

use super::{Params, Paths, Pattern};
use std::time::{Duration, Instant};

fn pattern(text: &str) -> Pattern {
    Pattern::read(text).unwrap_or_else(|why| panic!("{why}"))
}

/// What `path` says for the names of `text`, as `name=value` in order; none if it does not fit.
fn fit(text: &str, path: &str) -> Option<String> {
    let paths: Paths<()> = [(pattern(text), ())].into_iter().collect();
    let (_, params) = paths.find(path)?;
    Some(shown(&params))
}

fn shown(params: &Params) -> String {
    let value = |name: &str| params.get(name).expect("a name of its own").to_owned();
    let pairs = params.names().map(|name| format!("{name}={}", value(name)));
    pairs.collect::<Vec<_>>().join(" ")
}

/// Which of several paths a request means, by its place.
fn found(paths: &[&str], path: &str) -> Option<usize> {
    let places = paths.iter().enumerate();
    let paths: Paths<usize> = places.map(|(at, text)| (pattern(text), at)).collect();
    paths.find(path).map(|(at, _)| *at)
}

#[test]
fn names_get_what_stands_in_their_place() {
    for (text, path, expected) in [
        ("/rooms/{room}", "/rooms/lobby", "room=lobby"),
        ("/rooms/:room", "/rooms/lobby", "room=lobby"),
        ("/{a}/x/{b-2}", "/1/x/2", "a=1 b-2=2"),
        ("/:a/:b_c", "/1/2", "a=1 b_c=2"),
        ("/{file}.json", "/a.b.json", "file=a.b"),
        ("/v{major}.{minor}", "/v1.2", "major=1 minor=2"),
        ("/{id:[0-9]+}", "/42", "id=42"),
        ("/{id:\\d{2,4}}/x", "/042/x", "id=042"),
        ("/{a:x|y}-{b:(1|2)+}", "/y-12", "a=y b=12"),
        ("/{a:[^/]+}", "/b", "a=b"),
        ("/{a:[}{]+}", "/}{", "a=}{"),
        ("/{a:[]}]+}", "/]}", "a=]}"),
        ("/{a:\\}+}", "/}}", "a=}}"),
        ("/{a:(?i)abc}", "/aBC", "a=aBC"),
        ("/**/{last}", "/a/b/c", "last=c"),
        ("/{first}/**", "/a/b/c", "first=a"),
        ("/**/a/{x}/**/b/{y}", "/a/a/1/b/b/b/2", "x=a y=2"),
    ] {
        assert_eq!(fit(text, path).as_deref(), Some(expected), "{text} {path}");
    }
}

#[test]
fn a_pattern_fits_whole_paths_and_no_others() {
    for (text, fitting, others) in [
        (
            "/rooms/{room}",
            &["/rooms/a", "/rooms/a%20b", "/rooms/*", "/rooms/{room}"][..],
            &[
                "/rooms",
                "/rooms/",
                "/rooms/a/",
                "/rooms/a/b",
                "/xrooms/a",
                "/Rooms/a",
                "rooms/a",
            ][..],
        ),
        ("/a/*", &["/a/b", "/a/*"], &["/a/", "/a", "/a/b/c"]),
        (
            "/a*",
            &["/a", "/ab", "/a%2Fb"],
            &["/", "/ba", "/a/b", "/a/"],
        ),
        (
            "/a?c",
            &["/abc", "/a%3Fc", "/a\u{e9}c"],
            &["/ac", "/abbc", "/a/c"],
        ),
        ("/?", &["/x"], &["/", "/xy"]),
        (
            "/a/**",
            &["/a", "/a/", "/a/b", "/a//b/"],
            &["/", "/ab", "/b/a"],
        ),
        ("/**", &["/", "//", "/a/b"], &["", "*"]),
        ("/**/a", &["/a", "/b/a", "//a"], &["/", "/ab", "/a/b"]),
        ("/a/**/**/b", &["/a/b", "/a/x/y/b"], &["/a", "/a/x"]),
        ("/{id:[0-9]+}", &["/1"], &["/x1", "/1x", "/", "/1%0A"]),
        ("/{x:.*}", &["/a"], &["/", "/a/b"]),
        ("/{x:a*}-b", &["/aa-b"], &["/-b"]),
        // The first name takes both letters, and a name is never empty.
        ("/{x:a*}{y:a*}", &[], &["/aa"]),
        ("/{x:a+}{y:a+}", &["/aa"], &["/a"]),
        ("/a//{b}", &["/a//b"], &["/a/b", "/a/b/"]),
        ("/a.b/{c}", &["/a.b/c"], &["/axb/c"]),
        ("/a+(b)|[c]^$\\/{d}", &["/a+(b)|[c]^$\\/d"], &["/aab/d"]),
        ("/100%25/{x}", &["/100%25/a"], &["/100/a", "/100%2525/a"]),
        (
            "/%7Bx%7D/%2A/{y}",
            &["/{x}/*/y", "/%7bx%7d/%2a/y"],
            &["/a/b/y"],
        ),
        ("/%3Ax/{y}", &["/:x/y"], &["/a/y"]),
        ("/a:b", &["/a:b"], &["/ab", "/axb"]),
    ] {
        for path in fitting {
            assert!(fit(text, path).is_some(), "{text} fits {path}");
        }
        for path in others {
            assert_eq!(fit(text, path), None, "{text} does not fit {path}");
        }
    }
}

#[test]
fn params_are_decoded_segment_by_segment() {
    for (path, expected) in [
        ("/rooms/a%20b", Some("room=a b")),
        ("/rooms/caf%C3%A9", Some("room=caf\u{e9}")),
        ("/rooms/caf\u{e9}", Some("room=caf\u{e9}")),
        ("/rooms/a%2Fb", Some("room=a/b")),
        ("/rooms/a%2fb", Some("room=a/b")),
        ("/rooms/%2e%2e", Some("room=..")),
        ("/rooms/a+b", Some("room=a+b")),
        ("/rooms/a%2Bb", Some("room=a+b")),
        ("/rooms/%2520", Some("room=%20")),
        ("/rooms/a%00b", Some("room=a\0b")),
        ("/%72ooms/a", None),
        ("/rooms/%61", None),
        ("/rooms/a%2Db", Some("room=a-b")),
        ("/rooms/%", None),
        ("/rooms/%2", None),
        ("/rooms/%zz", None),
        ("/rooms/%+1", None),
        ("/rooms/%ff", None),
        ("/rooms/%C3", None),
        ("/rooms/%ED%A0%80", None),
        ("/rooms%2Fa", None),
    ] {
        assert_eq!(fit("/rooms/{room}", path).as_deref(), expected, "{path}");
    }
}

#[test]
fn an_exact_path_is_found_however_it_is_escaped() {
    for (text, fitting, others) in [
        (
            "/ws/chat",
            &["/ws/chat"][..],
            &["/ws%2Fchat", "/ws/chat/", "/ws/chat%", "/ws/ch%61t"][..],
        ),
        (
            "/caf\u{e9}",
            &["/caf%C3%A9", "/caf%c3%a9", "/caf\u{e9}"],
            &["/cafe"],
        ),
        (
            "/caf%C3%A9",
            &["/caf%C3%A9", "/caf\u{e9}"],
            &["/caf%25C3%25A9"],
        ),
        ("/a%2Fb", &["/a%2Fb", "/a%2fb"], &["/a/b", "/a%252Fb"]),
        ("/", &["/"], &["", "//"]),
    ] {
        for path in fitting {
            assert_eq!(fit(text, path).as_deref(), Some(""), "{text} {path}");
        }
        for path in others {
            assert_eq!(fit(text, path), None, "{text} {path}");
        }
    }
}

#[test]
fn exact_comes_first_then_most_static_then_first_given() {
    for (path, paths, expected) in [
        ("/a/b", &["/{x}/{y}", "/a/{y}", "/**", "/a/b"][..], 3),
        ("/a/b%2Dc", &["/{x}/{y}", "/a/{y}", "/**", "/a/b-c"], 3),
        ("/a/c", &["/{x}/{y}", "/a/{y}", "/**", "/a/b"], 1),
        ("/c/d", &["/**", "/{x}/{y}"], 1),
        ("/a/b/c", &["/a/**", "/**/b/c", "/{x}/{y}/{z}"], 1),
        ("/a/1", &["/a/{x}", "/a/{id:[0-9]+}"], 1),
        ("/a/x", &["/a/{x}", "/a/{id:[0-9]+}"], 0),
        ("/a/x-1", &["/a/{x}", "/a/x{y}", "/a/x-{y}"], 2),
        ("/a/b", &["/a/{x:b|c}", "/a/{x:b|d}"], 0),
        ("/a/b", &["/{x}/b", "/a/{x}"], 0),
        ("/a/b", &["/a/{x}", "/{x}/b"], 0),
    ] {
        assert_eq!(found(paths, path), Some(expected), "{path} of {paths:?}");
    }
    assert_eq!(found(&["/a/{x}", "/b"], "/c"), None);
}

#[test]
fn paths_of_one_shape_are_known_whatever_their_names() {
    let is_same = |one, other| pattern(one).shape() == pattern(other).shape();
    for (one, other) in [
        ("/a/{x}", "/a/:y"),
        ("/a/{x}", "/a/*"),
        ("/{a:[0-9]+}", "/{b:[0-9]+}"),
        ("/{a}-{b}", "/{c}-{d}"),
        ("/a/**/**", "/a/**"),
        ("/caf\u{e9}", "/caf%C3%A9"),
        ("/{x}/{a}-1", "/*/{b}-1"),
    ] {
        assert!(is_same(one, other), "{one} {other}");
    }
    for (one, other) in [
        ("/a/{x}", "/b/{x}"),
        ("/a/{x}", "/a/x{y}"),
        ("/{a:[0-9]+}", "/{a:[0-9]*}"),
        ("/*x", "/{a}x"),
        ("/%2A", "/*"),
        ("/%2A%2A", "/**"),
        ("/(%3Fs:.)", "/?"),
        ("/a%2Fb", "/a/b"),
        ("/a", "/a/"),
    ] {
        assert!(!is_same(one, other), "{one} {other}");
    }
}

#[test]
fn what_is_no_path_is_refused_with_an_example() {
    for (text, expected) in [
        ("", "does not begin with `/` (example: /ws/chat)"),
        ("ws", "does not begin with `/`"),
        ("/a b", "a space is written `%20`"),
        ("/a\n", "it has a \\n"),
        ("/a#b", "behind a `#` never comes here"),
        ("/ws?room={room}", "`client.query(\"room\")`"),
        ("/{room", "`{` is not closed (example: /{room})"),
        ("/room}", "a `}` has no `{` before it"),
        ("/{}", "`{}` has no name"),
        ("/{1}", "`{1}` has no name"),
        ("/{a b}", "`{a b}` has no name"),
        ("/{:[0-9]+}", "has no name"),
        ("/{a:}", "`{a:}` has no regex (example: {a})"),
        ("/{a:[}", "`{` is not closed"),
        ("/{a:(}", "the regex `(`: "),
        ("/{a:b)(c}", "the regex `b)(c`: "),
        ("/{a:(?=b)}", "(example: {id:[0-9]+})"),
        ("/{a:(a{1,999}){1,999}}", "the regex `(a{1,999}){1,999}`: "),
        ("/{a}/{a}", "`a` stands for two things"),
        ("/:a/{a}", "`a` stands for two things"),
        ("/:", "`:` is not a whole segment"),
        ("/:room-id", "`:room-id` is not a whole segment"),
        ("/:file.json", "for a part of a segment /{file}.json"),
        ("/:a?", "`:a?` is not a whole segment"),
        (
            "/a**",
            "`**` stands for whole segments (example: /files/**)",
        ),
        ("/***", "`**` stands for whole segments"),
        ("/50%", "example: /100%25"),
        ("/%ff", "example: /100%25"),
        ("/%61", "no letter or digit"),
        ("/{a:(?x)b#}", "regex"),
    ] {
        let why = Pattern::read(text).expect_err(text);
        let begin = format!("`{text}` is not a path: ");
        assert!(why.starts_with(&begin), "{why}");
        assert!(why.contains(expected), "{why}");
    }
    let long = format!("/{}", "a".repeat(1024));
    assert!(Pattern::read(&long).unwrap_err().contains("1024 bytes"));
}

/// Ten times as long may take ten times as long, with a wide margin, and not a hundred times.
fn is_linear(text: &str, path: impl Fn(usize) -> String) {
    let pattern = [(pattern(text), ())];
    let paths: Paths<()> = pattern.into_iter().collect();
    let took = |length| {
        let path = path(length);
        assert!(path.len() < 4096, "it is looked at");
        let once = || {
            let began = Instant::now();
            assert!(paths.find(&path).is_none());
            began.elapsed()
        };
        (0..5).map(|_| once()).min().expect("five times")
    };
    let (short, long) = (took(130), took(1300));
    let most = (short * 40).max(Duration::from_millis(50));
    assert!(long < most, "{text}: {short:?}, then {long:?}");
}

#[test]
fn a_hostile_path_takes_linear_time() {
    is_linear("/{x:(a+)+b}", |length| format!("/{}", "a".repeat(length)));
    is_linear("/{x:(a|aa)*}c", |length| format!("/{}", "a".repeat(length)));
    is_linear("/*a*a*a*a*b", |length| format!("/{}", "a".repeat(length)));
    is_linear("/**/a/**/a/**/a/**/b", |length| "/a".repeat(length));
    is_linear("/**/{x:a*}/{y:a*}/b", |length| "/a".repeat(length));
    is_linear("/{a}/{b}", |length| "/".repeat(length));
    is_linear("/{a}/b", |length| format!("/{}", "%21".repeat(length)));
}
