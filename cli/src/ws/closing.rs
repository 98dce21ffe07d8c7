//! What a close code means, and what to do about it.

use crate::terminal::shell;
use orcs::close_code as code;

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// 1005: a close frame without a code; 1006: no close frame came.
    pub code: u16,
    pub reason: String,
}

impl Closing {
    /// The connection broke, for this reason.
    pub fn lost(reason: impl Into<String>) -> Self {
        Self {
            code: code::ABNORMAL,
            reason: reason.into(),
        }
    }

    /// `closed 4401 no valid token: Unauthorized`
    pub fn sentence(&self) -> String {
        let meaning = match meaning(self.code) {
            "" => String::new(),
            meaning => format!(" {meaning}"),
        };
        // The library's reasons are at most 123 bytes; a broken connection's are our own.
        let reason = match &*self.reason {
            "" => String::new(),
            reason => format!(": {}", shell::visible(reason)),
        };
        match self.code {
            code::ABNORMAL => format!("lost the connection{reason}"),
            code => format!("closed {code}{meaning}{reason}"),
        }
    }

    /// What to type, where we know it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self.code {
            code::UNAUTHORIZED | code::UNAUTHORIZED_CANDY => {
                "`orcs ws --sub ann` signs a token with this app's secret; `--token T` brings one"
            }
            code::TOKEN_EXPIRED => "take a new token: `orcs ws --sub ann`",
            code::CSRF => "only a token in a cookie alone needs one: `--token-by header`",
            code::UNSUPPORTED => "the route takes no binary messages",
            code::TOO_BIG => "the server's bound is WS_MAX_PAYLOAD_LENGTH",
            code::TOO_MANY => "send more slowly, or raise WS_RATE_LIMIT",
            code::NOT_FOUND => "`orcs routes` lists the paths",
            _ => return None,
        })
    }

    /// Whether it ended as it should.
    pub fn is_fine(&self) -> bool {
        matches!(self.code, code::NORMAL | code::GOING_AWAY | code::NO_STATUS)
    }

    /// Whether it is worth coming back: the server goes, is replaced or is busy, or the network broke.
    pub fn may_return(&self) -> bool {
        matches!(
            self.code,
            code::GOING_AWAY
                | code::ABNORMAL
                | code::INTERNAL
                | code::RESTART
                | code::TRY_AGAIN_LATER
                | code::SILENT
        )
    }
}

fn meaning(code: u16) -> &'static str {
    match code {
        code::NORMAL => "done",
        code::GOING_AWAY => "the server stops",
        code::PROTOCOL_ERROR => "a broken frame",
        code::UNSUPPORTED => "data of a kind that it does not take",
        code::NO_STATUS => "without a code",
        code::INVALID_PAYLOAD => "text that is not UTF-8",
        code::POLICY => "against the server's rules",
        code::TOO_BIG => "a message too long",
        code::INTERNAL => "the server failed",
        code::RESTART => "the server restarts",
        code::TRY_AGAIN_LATER => "too much waited for this client",
        code::REJECTED => "refused",
        code::UNAUTHORIZED | code::UNAUTHORIZED_CANDY => "no valid token",
        code::CSRF => "no valid CSRF token",
        code::FORBIDDEN => "not allowed",
        code::NOT_FOUND => "not found",
        code::SILENT => "silent for too long",
        code::TOO_MANY => "too many messages",
        code::TOKEN_EXPIRED => "the token ran out",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_is_told_with_its_meaning() {
        let closing = |code, reason: &str| Closing {
            code,
            reason: reason.into(),
        };
        for (code, reason, sentence) in [
            (1000, "", "closed 1000 done"),
            (
                4401,
                "Unauthorized",
                "closed 4401 no valid token: Unauthorized",
            ),
            (4999, "\u{1b}[2Jown", r"closed 4999: \u{1b}[2Jown"),
            (1006, "reset", "lost the connection: reset"),
        ] {
            assert_eq!(closing(code, reason).sentence(), sentence);
        }
        assert!(
            closing(4401, "")
                .help()
                .unwrap()
                .contains("orcs ws --sub ann")
        );
        assert!(closing(1012, "").may_return() && !closing(4401, "").may_return());
        assert!(closing(1000, "").is_fine() && !closing(1012, "").is_fine());
    }
}
