//! Why a token is refused.

/// Why a token is refused. For the log: nothing of the token stands in it, and a client
/// only hears that it is unauthorized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it is longer than 8 KiB")]
    TooLong,
    #[error("it is no JSON web token")]
    Malformed,
    #[error("it names another algorithm than JWT_ALGORITHM")]
    Algorithm,
    #[error("it asks for an extension (`crit`), and there is none")]
    Critical,
    #[error("its key is none of the issuer's")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("its `{0}` is missing or of a wrong type")]
    Claim(&'static str),
    #[error("it has run out")]
    Expired,
    #[error("it is not valid yet")]
    Early,
    #[error("its `iss` is not JWT_ISSUER")]
    Issuer,
    #[error("its `aud` is not JWT_AUDIENCE")]
    Audience,
}
