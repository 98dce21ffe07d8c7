//! What HTTP beside the sockets gives away of the disk: the files of one folder, nothing else.
#![cfg(unix)]

mod common;

use common::raw::{Answer, RawClient};
use common::{App, start};
use orcs::Routes;
use orcs::warp::{self, Filter};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A folder `public` beside a file that nobody may read, and an app that serves the folder.
struct Served {
    dir: TempDir,
    app: App,
}

/// What stands in files that must not be read.
const SECRET: &str = "JWT_SECRET=do-not-tell";

impl Served {
    async fn begin() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let public = dir.path().join("public");
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        write(".env", SECRET);
        write("secret.txt", SECRET);
        write("public-backup/secret.txt", SECRET);
        write("public/index.html", "<!doctype html>");
        write("public/app.js", "0123456789");
        write("public/caf\u{e9} au lait.txt", "lait");
        write("public/docs/index.html", "docs");
        write("public/images/logo.svg", "<svg/>");
        write("public/.env", SECRET);
        write("public/.git/config", SECRET);
        write("public/.well-known/security.txt", "Contact: us");
        let routes = Routes::new().http(move |_| orcs::files(public));
        let app = start(routes).await;
        Self { dir, app }
    }

    fn public(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join("public").join(name)
    }

    async fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        let mut client = RawClient::tcp(self.app.address).await;
        match method {
            "HEAD" => client.head(&request).await,
            _ => client.request(&request).await,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    /// As if it were not there.
    async fn refuses(&self, path: &str) {
        let answer = self.get(path).await;
        let text = answer.text();
        assert!(!text.contains(SECRET), "{path}: {text}");
        let expected = (404, "404: there is nothing at this path\n");
        assert_eq!((answer.status, answer.body.as_str()), expected, "{path}");
    }
}

#[tokio::test]
async fn files_of_the_folder_are_served() {
    let served = Served::begin().await;
    for (path, body, kind) in [
        ("/", "<!doctype html>", "text/html"),
        ("/index.html", "<!doctype html>", "text/html"),
        ("/app.js", "0123456789", "text/javascript"),
        ("/app.js?v=2", "0123456789", "text/javascript"),
        ("/caf%C3%A9%20au%20lait.txt", "lait", "text/plain"),
        ("/docs", "docs", "text/html"),
        ("/docs/", "docs", "text/html"),
        ("/images/logo.svg", "<svg/>", "image/svg+xml"),
        ("/.well-known/security.txt", "Contact: us", "text/plain"),
    ] {
        let answer = served.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let served = Served::begin().await;
    let absolute = served.dir.path().join("secret.txt");
    let absolute = absolute.to_str().expect("a path in UTF-8");
    let encoded = absolute.replace('/', "%2F");
    for path in [
        "/../secret.txt",
        "/../.env",
        "/docs/../../secret.txt",
        "/./../secret.txt",
        "/..",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/docs/..%2f..%2fsecret.txt",
        "/.%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/..;/secret.txt",
        "/..%00/secret.txt",
        "/..%c0%afsecret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/../public-backup/secret.txt",
        "/%2e%2e%2fpublic-backup%2fsecret.txt",
        "//secret.txt",
        absolute,
        &format!("/{absolute}"),
        &format!("/{encoded}"),
        "/%2Fetc%2Fpasswd",
        "//etc/passwd",
        "/file:///etc/passwd",
        "/~root/.profile",
        "/proc/self/environ",
    ] {
        served.refuses(path).await;
    }
    // As a proxy is asked: the path counts, not the host in front of it.
    served.refuses("http://localhost/../secret.txt").await;
}

#[tokio::test]
async fn a_link_that_leads_out_of_the_folder_is_not_followed() {
    let served = Served::begin().await;
    let outside = served.dir.path();
    symlink(outside.join("secret.txt"), served.public("out.txt")).expect("a link");
    symlink("../secret.txt", served.public("relative.txt")).expect("a link");
    symlink(outside, served.public("folder")).expect("a link");
    symlink("/", served.public("whole-disk")).expect("a link");
    symlink("loop", served.public("loop")).expect("a link");
    symlink("nowhere", served.public("dangling")).expect("a link");
    symlink(outside.join("public-backup"), served.public("backup")).expect("a link");
    fs::create_dir(served.public("linked")).expect("a folder");
    symlink("../../secret.txt", served.public("linked/index.html")).expect("a link");
    for path in [
        "/out.txt",
        "/relative.txt",
        "/folder/secret.txt",
        "/folder",
        "/whole-disk/etc/passwd",
        "/loop",
        "/dangling",
        // Begins with the folder's own name, but is another one.
        "/backup/secret.txt",
        "/linked/",
        "/linked/index.html",
    ] {
        served.refuses(path).await;
    }

    symlink("app.js", served.public("latest.js")).expect("a link");
    assert_eq!(served.get("/latest.js").await.body, "0123456789");
}

#[tokio::test]
async fn a_folder_that_is_a_link_itself_is_served() {
    let dir = tempfile::tempdir().expect("a folder");
    let (releases, current) = (dir.path().join("42"), dir.path().join("current"));
    fs::create_dir(&releases).expect("a folder");
    fs::write(releases.join("app.js"), "42").expect("a file");
    symlink("42", &current).expect("a link");
    let app = start(Routes::new().http(move |_| orcs::files(current))).await;
    let mut client = RawClient::tcp(app.address).await;
    let answer = client.request("GET /app.js HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(answer.await.body, "42");
}

#[tokio::test]
async fn hidden_files_are_not_served() {
    let served = Served::begin().await;
    for path in [
        "/.env",
        "/%2eenv",
        "/%2Eenv",
        "/docs/../.env",
        "/.git/config",
        "/.git%2fconfig",
        "/docs/.well-known/security.txt",
    ] {
        served.refuses(path).await;
    }
}

#[tokio::test]
async fn what_is_no_file_is_not_there() {
    let served = Served::begin().await;
    let pipe = served.public("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe");
    fs::create_dir_all(served.public("odd/index.html")).expect("a folder");
    for path in [
        // A folder without an index: nothing is listed.
        "/images",
        "/images/",
        // An index that is a folder.
        "/odd/",
        "/pipe",
        "/none.txt",
        "/app.js/",
        "/app.js/more",
        "/app.js%00.html",
        "/%00",
        &format!("/{}", "x".repeat(300)),
        &format!("/{}", "x/".repeat(3000)),
    ] {
        served.refuses(path).await;
    }
    let closed = served.public("closed.txt");
    fs::write(&closed, SECRET).expect("a file");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("it is ours");
    // Root may read everything.
    if fs::read(&closed).is_err() {
        served.refuses("/closed.txt").await;
    }
}

#[tokio::test]
async fn a_name_may_stand_in_front_of_a_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("app.js"), "42").expect("a file");
    fs::write(dir.path().join("secret.txt"), SECRET).expect("a file");
    fs::create_dir(dir.path().join("static")).expect("a folder");
    let folder = dir.path().join("static");
    fs::write(folder.join("app.js"), "static").expect("a file");
    let routes = Routes::new().http(move |_| warp::path("static").and(orcs::files(folder)));
    let app = start(routes).await;
    for (path, status) in [
        ("/static/app.js", 200),
        ("/app.js", 404),
        ("/static/../secret.txt", 404),
        ("/static/..%2fsecret.txt", 404),
        ("/static%2fapp.js", 404),
    ] {
        let mut client = RawClient::tcp(app.address).await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = client.request(&request).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(status == 404 || answer.body == "static", "{path}");
    }
}

#[tokio::test]
async fn a_folder_that_is_missing_serves_nothing_and_harms_nobody() {
    let app = start(Routes::new().http(|_| orcs::files("no/such/folder"))).await;
    let mut client = RawClient::tcp(app.address).await;
    let answer = client.request("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(answer.await.status, 404);
}

#[tokio::test]
async fn a_browser_may_keep_a_file_and_ask_for_a_part() {
    let served = Served::begin().await;
    let whole = served.get("/app.js").await;
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let modified = whole.header("last-modified").expect("a date").to_owned();

    let head = served.ask("HEAD", "/app.js", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some("10"));
    assert_eq!(served.ask("HEAD", "/.env", "").await.status, 404);

    let since = format!("If-Modified-Since: {modified}\r\n");
    let kept = served.ask("GET", "/app.js", &since).await;
    assert_eq!((kept.status, kept.body.as_str()), (304, ""));

    for (range, status, body, content_range) in [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=7-", 206, "789", "bytes 7-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=20-", 416, "", "bytes */10"),
    ] {
        let range_line = format!("Range: {range}\r\n");
        let part = served.ask("GET", "/app.js", &range_line).await;
        assert_eq!((part.status, part.body.as_str()), (status, body), "{range}");
        assert_eq!(part.header("content-range"), Some(content_range), "{range}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let answer = served.ask(method, "/app.js", "Content-Length: 0\r\n").await;
        assert_eq!(answer.status, 405, "{method}");
    }
    let before = fs::read_to_string(served.public("app.js")).expect("it is there");
    assert_eq!(before, "0123456789");
}

/// The showcase's own folder, as it is in this repository.
#[tokio::test]
async fn the_showcase_serves_its_page_and_not_its_sources() {
    assert!(Path::new("public/index.html").is_file());
    let app = start(Routes::new().http(|_| orcs::files("public"))).await;
    for (path, status) in [("/", 200), ("/Cargo.toml", 404), ("/..%2fCargo.toml", 404)] {
        let mut client = RawClient::tcp(app.address).await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(client.request(&request).await.status, status, "{path}");
    }
}
