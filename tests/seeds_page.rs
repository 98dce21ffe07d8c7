//! What `docs/from-the-seeds.md` names is there, and its pages show what is run.

use std::fs;
use std::path::Path;

#[test]
fn each_test_that_the_page_names_exists() {
    let page = read("docs/from-the-seeds.md");
    let mut names = 0;
    for code in page.split('`').skip(1).step_by(2) {
        let Some((file, name)) = code.split_once("::") else {
            continue;
        };
        names += 1;
        let text = read(file);
        assert!(
            text.contains(&format!("fn {name}(")) || text.contains(&format!("test(\"{name}")),
            "{file} has no test `{name}`; name on the page what has become of it"
        );
    }
    assert!(names > 80, "the page was read");
}

#[test]
fn each_row_is_there_once_and_in_its_place() {
    let page = read("docs/from-the-seeds.md");
    let (features, faults) = page
        .split_once("## What went wrong there")
        .expect("the page has both tables");
    assert_eq!(numbers(features), (1..=47).collect::<Vec<_>>());
    assert_eq!(numbers(faults), (1..=39).collect::<Vec<_>>());
}

#[test]
fn each_snippet_that_a_browser_runs_stands_on_the_page_of_its_document() {
    for page in ["orcs", "openspeed", "universal-api"] {
        let text = read(&format!("docs/from-the-seeds/{page}.md"));
        let mut snippets = 0;
        for (name, snippet) in snippets_of(page) {
            snippets += 1;
            assert!(text.contains(snippet.trim()), "{page}.md shows {name}");
        }
        assert!(snippets >= 2, "the snippets of {page} were read");
    }
}

/// `tests/browser/snippets/orcs-chat.js` is one of `orcs`.
fn snippets_of(page: &str) -> impl Iterator<Item = (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/snippets");
    let files = fs::read_dir(folder).expect("the folder of snippets");
    let names = files.map(|file| file.expect("a file").file_name());
    let names = names.map(|name| name.into_string().expect("its name is a text"));
    let own = names.filter(move |name| name.starts_with(&format!("{page}-")));
    own.map(|name| {
        let snippet = read(&format!("tests/browser/snippets/{name}"));
        (name, snippet)
    })
}

/// What rows are numbered: `| 7 |`, `| 18 to 22 |`.
fn numbers(table: &str) -> Vec<u32> {
    let cells = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let ranges = cells.filter_map(|cell| {
        let (first, last) = cell.split_once(" to ").unwrap_or((cell, cell));
        Some(first.parse::<u32>().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}
