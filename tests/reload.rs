//! The line of script by which a page loads itself again: in pages, in development, under
//! `orcs serve`, and nowhere else.
#![cfg(unix)]

mod common;

use common::process::{self, Process};
use common::raw::{Answer, RawClient};
use orcs::{App, Config, Routes};
use std::fs;
use std::net::{SocketAddr, TcpListener};

const SERVER: &str = "the_server_is_a_process_of_its_own";
const PAGE: &str = "<!doctype html><body>caf\u{e9}</body>";
const LINE: &str = "<script src=\"http://localhost:4000/_orcs/reload.js\"></script>\n";

/// This executable is the server too: with a word for it in its environment, this test is one.
#[test]
fn the_server_is_a_process_of_its_own() {
    if !process::is_wanted() {
        return;
    }
    let routes = Routes::new().http(|_| orcs::files("public"));
    let config = Config::load(|_| ()).expect("settings that can be read");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let served = runtime.block_on(App::new(config, routes).serve());
    served.expect("an app that can start");
}

struct Site {
    server: Process,
    address: SocketAddr,
}

impl Site {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = Process::start(SERVER, vec![listener.into()], settings);
        server.is_ready().await;
        let site = Self { server, address };
        site.write("index.html", PAGE);
        site.write("app.js", "0123456789");
        site
    }

    /// As `orcs serve` starts it.
    async fn in_development() -> Self {
        Self::with(&[("ORCS_RELOAD", "4000")]).await
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.server.dir().join("public").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    async fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost:80\r\n{headers}\r\n");
        let mut client = RawClient::tcp(self.address).await;
        match method {
            "HEAD" => client.head(&request).await,
            _ => client.request(&request).await,
        }
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "").await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }
}

#[tokio::test]
async fn a_page_gets_the_line_and_its_file_stays_as_it_is() {
    let site = Site::in_development().await;
    site.write("docs/index.html", "<BODY>docs</BODY>");
    site.write("part.HTM", "<p>no end");
    site.write("empty.html", "");
    let with_line = format!("<!doctype html><body>caf\u{e9}{LINE}</body>");
    for (path, page) in [
        ("/", &with_line),
        ("/index.html?v=2", &with_line),
        ("/docs/", &format!("<BODY>docs{LINE}</BODY>")),
        ("/part.HTM", &format!("<p>no end{LINE}")),
        ("/empty.html", &LINE.to_owned()),
    ] {
        assert_eq!(site.get(path).await, *page, "{path}");
    }
    let file = site.server.dir().join("public/index.html");
    assert_eq!(fs::read_to_string(file).expect("it is there"), PAGE);
}

#[tokio::test]
async fn what_is_no_page_stays_as_it_is() {
    let site = Site::in_development().await;
    site.write("logo.svg", "<svg><body></body></svg>");
    site.write("page.html.txt", PAGE);
    let utf_16: Vec<u8> = [0xFEFF]
        .into_iter()
        .chain(PAGE.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    site.write("utf-16.html", &utf_16);
    assert_eq!(site.get("/app.js").await, "0123456789");
    assert_eq!(site.get("/logo.svg").await, "<svg><body></body></svg>");
    assert_eq!(site.get("/page.html.txt").await, PAGE);
    let length = utf_16.len().to_string();
    let answer = site.ask("HEAD", "/utf-16.html", "").await;
    assert_eq!(answer.header("content-length"), Some(&*length));
    let part = site.ask("GET", "/app.js", "Range: bytes=2-4\r\n").await;
    assert_eq!((part.status, part.body.as_str()), (206, "234"));
    // What a script fetches is put into a page, and is none.
    let fetched = site.ask("GET", "/", "Sec-Fetch-Dest: empty\r\n").await;
    assert_eq!(fetched.body, PAGE);
    for path in ["/none.html", "/..%2findex.html", "/.env.html"] {
        assert_eq!(site.ask("GET", path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_page_with_the_line_is_whole_and_not_kept() {
    let site = Site::in_development().await;
    let length = (PAGE.len() + LINE.len()).to_string();
    let modified = site.ask("GET", "/app.js", "").await;
    let modified = modified.header("last-modified").expect("a date").to_owned();
    for headers in [
        String::new(),
        "Range: bytes=2-4\r\n".to_owned(),
        "Range: bytes=9999-\r\n".to_owned(),
        format!("If-Modified-Since: {modified}\r\n"),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = site.ask(method, "/", &headers).await;
            assert_eq!(answer.status, 200, "{method} {headers}");
            assert_eq!(answer.header("content-length"), Some(&*length));
            assert_eq!(answer.header("content-type"), Some("text/html"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            for of_the_file in ["last-modified", "etag", "accept-ranges", "content-range"] {
                assert_eq!(answer.header(of_the_file), None, "{of_the_file}");
            }
            assert_eq!(answer.body.is_empty(), method == "HEAD");
        }
    }
    let answer = site.ask("POST", "/", "Content-Length: 0\r\n").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn nowhere_but_under_orcs_serve_in_development_is_a_page_changed() {
    for settings in [
        &[][..],
        &[("ORCS_RELOAD", "")],
        &[("ORCS_RELOAD", "0")],
        &[("ORCS_RELOAD", "4000\"></script>")],
        &[("ORCS_RELOAD", "4000"), ("APP_ENV", "production")],
    ] {
        let site = Site::with(settings).await;
        let answer = site.ask("GET", "/", "").await;
        assert_eq!(answer.body, PAGE, "{settings:?}");
        assert!(answer.header("last-modified").is_some(), "{settings:?}");
    }
}

#[tokio::test]
async fn a_page_that_came_by_tls_is_not_given_a_line_that_it_may_not_load() {
    let settings = [("ORCS_RELOAD", "4000"), ("WS_TRUSTED_PROXIES", "loopback")];
    let site = Site::with(&settings).await;
    for (proto, has_line) in [("https", false), ("http", true)] {
        let proxy = format!("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: {proto}\r\n");
        let answer = site.ask("GET", "/", &proxy).await;
        assert_eq!(answer.body.contains(LINE), has_line, "{proto}");
    }
}
