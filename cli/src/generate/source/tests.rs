use super::*;

const LIST: &str = "//! Every route.

pub mod echo;
/// The pages.
#[path = \"pages.rs\"]
pub mod http;

use orcs::Routes;

pub fn all() -> Routes {
    Routes::new()
        .add(echo::echo())
        // .add(old::old())
        .rooms(\"user:*\", rules(\")\"))
        .http(http::routes)
}
";

#[test]
fn a_module_takes_its_place_in_the_order() {
    let source = Source::new(LIST);
    for (name, between) in [
        ("chat", "//! Every route.\n\npub mod chat;\npub mod echo;\n"),
        ("game", "pub mod echo;\npub mod game;\n/// The pages.\n"),
        ("zoo", "pub mod http;\npub mod zoo;\n\nuse orcs"),
    ] {
        let list = source
            .with_module(&format!("pub mod {name};"), name)
            .unwrap();
        assert!(list.contains(between), "{list}");
    }
    assert_eq!(source.with_module("pub mod http;", "http").unwrap(), LIST);
}

#[test]
fn the_first_module_stands_behind_the_words_about_the_file() {
    let source = Source::new("//! All.\n#![allow(x)]\n\nuse orcs::Routes;\n");
    assert_eq!(
        source.with_module("pub mod chat;", "chat").unwrap(),
        "//! All.\n#![allow(x)]\n\npub mod chat;\n\nuse orcs::Routes;\n"
    );
}

#[test]
fn a_call_stands_behind_the_last_of_its_kind() {
    let source = Source::new(LIST);
    let list = source.with_call("all", "Routes::new()", "add", ".add(game::game())");
    assert!(
        list.unwrap()
            .contains("echo::echo())\n        .add(game::game())\n        // .add(old"),
    );
    let list = source.with_call("all", "Routes::new()", "middleware", ".middleware(x)");
    assert!(
        list.unwrap()
            .contains("Routes::new()\n        .middleware(x)\n        .add(echo")
    );
}

#[test]
fn what_is_not_clear_is_not_found() {
    for text in [
        "pub fn other() -> Routes { Routes::new() }",
        "pub fn all() -> Routes { Routes::default() }",
        "pub fn all() -> Routes { if x { Routes::new() } else { Routes::new() } }",
        "// fn all() { Routes::new() }",
        "pub fn all() -> Routes { Routes::new() ",
        "",
    ] {
        let source = Source::new(text);
        assert_eq!(
            source.with_call("all", "Routes::new()", "add", ".x()"),
            None
        );
    }
    assert_eq!(Source::new("").with_module("mod x;", "x"), None);
}

#[test]
fn an_event_stands_in_front_of_the_others() {
    let source = Source::new(
        r#"
fn chat() -> Route<User> {
    ws("/ws/chat")
        .auth::<User>()
        .connect(async |client| { client.on("x", ")") })
        .on("a", a)
}
fn echo() -> Route { ws("/ws/echo").default_room("echo") }
fn two() -> Route { if x() { ws("/a") } else { ws("/b") } }
"#,
    );
    assert_eq!(
        source.routes(),
        [("chat", Some("User")), ("echo", None), ("two", None)]
    );
    let chat = source.with_event("chat", ".on(\"b\", b)").unwrap();
    assert!(
        chat.contains("})\n        .on(\"b\", b)\n        .on(\"a\", a)"),
        "{chat}"
    );
    let echo = source.with_event("echo", ".on(\"b\", b)").unwrap();
    assert!(
        echo.contains("(\"echo\")\n        .on(\"b\", b) }"),
        "{echo}"
    );
    assert_eq!(source.with_event("two", ".on(\"b\", b)"), None);
}
