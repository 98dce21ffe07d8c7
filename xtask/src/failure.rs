//! Why a chore stopped.

/// What a chore ends with.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// Why a chore stopped.
#[derive(Debug)]
pub enum Failure {
    /// The words make no sense: exit code 2.
    Usage(String),
    /// The chore did not succeed: exit code 1.
    Chore(String),
    /// The same, and everything is said already.
    Told,
}

impl Failure {
    pub fn unknown(word: &str) -> Self {
        Self::Usage(format!("`{word}` is not known here"))
    }
}

impl From<String> for Failure {
    fn from(problem: String) -> Self {
        Self::Chore(problem)
    }
}

impl From<&str> for Failure {
    fn from(problem: &str) -> Self {
        Self::Chore(problem.to_owned())
    }
}
