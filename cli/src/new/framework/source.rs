//! The value of `--framework`: the ways to depend on the framework.

use crate::terminal::shell;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where an app gets the framework from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// As this command was installed.
    Auto,
    /// A checkout.
    Path(PathBuf),
    /// A repository, and a commit, branch or tag of it.
    Git { url: String, rev: Option<String> },
    /// A release.
    Version(String),
    /// A copy in the app itself.
    Vendor,
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains(shell::is_unseen) {
            return Err("no control or invisible characters");
        }
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "vendor" => Ok(Self::Vendor),
            Some(("path", dir)) if !dir.is_empty() => Ok(Self::Path(dir.into())),
            Some(("git", rest)) => {
                git(rest).ok_or("expected git:URL[@REV], such as git:https://example.com/orcs@main")
            }
            Some(("version", version)) if is_version(version) => {
                Ok(Self::Version(version.to_owned()))
            }
            Some(("version", _)) => Err("expected version:V, such as version:0.1"),
            _ => Err("expected auto, path:DIR, git:URL[@REV], version:V or vendor"),
        }
    }
}

/// As it can be typed again.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Path(dir) => write!(f, "path:{}", dir.display()),
            Self::Git { url, rev: None } => write!(f, "git:{url}"),
            Self::Git {
                url,
                rev: Some(rev),
            } => write!(f, "git:{url}@{rev}"),
            Self::Version(version) => write!(f, "version:{version}"),
            Self::Vendor => f.write_str("vendor"),
        }
    }
}

fn git(text: &str) -> Option<Source> {
    let (_, rest) = text.split_once("://")?;
    // The `@` of `ssh://git@example.com/` names a user: a revision stands behind the path.
    let path = rest.find('/')? + text.len() - rest.len();
    let (url, rev) = match text[path..].rsplit_once('@') {
        Some((before, rev)) => (&text[..path + before.len()], Some(rev.to_owned())),
        None => (text, None),
    };
    let is_whole = path + 1 < url.len() && rev.as_ref().is_none_or(|rev| !rev.is_empty());
    is_whole.then(|| Source::Git {
        url: url.to_owned(),
        rev,
    })
}

fn is_version(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || "=^~".contains(c));
    let rest = |c: char| c.is_ascii_alphanumeric() || ".-+=^~ ".contains(c);
    starts && text.chars().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_read_and_said_alike() {
        let git = |url: &str, rev: Option<&str>| Source::Git {
            url: url.to_owned(),
            rev: rev.map(str::to_owned),
        };
        for (text, source) in [
            ("auto", Source::Auto),
            ("vendor", Source::Vendor),
            ("path:../my orcs", Source::Path("../my orcs".into())),
            ("version:0.1", Source::Version("0.1".to_owned())),
            ("git:https://a.b/orcs", git("https://a.b/orcs", None)),
            (
                "git:https://a.b/orcs@v1",
                git("https://a.b/orcs", Some("v1")),
            ),
            (
                "git:file:///srv/orcs@x/y",
                git("file:///srv/orcs", Some("x/y")),
            ),
            ("git:ssh://git@a.b/orcs", git("ssh://git@a.b/orcs", None)),
        ] {
            assert_eq!(text.parse(), Ok(source.clone()), "{text}");
            assert_eq!(source.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "path:",
            "../orcs",
            "0.1",
            "version:",
            "version:*",
            "version:latest",
            "git:",
            "git:a.b/orcs",
            "git:https://a.b",
            "git:https://a.b/",
            "git:https://a.b/orcs@",
            "git:https://a.b/or\ncs",
            "path:a\u{1b}[31m",
            "Vendor",
        ] {
            assert!(text.parse::<Source>().is_err(), "`{text}` is accepted");
        }
    }
}
