// Whose pages may connect is read from a text: `"https://example.com".parse()?`, several with
// commas between them. A key is `Some(Secret::new(..))`, and better not in the code: `JWT_SECRET`
// in `.env`.
//
// The words are rustc's.

use orcs::Config;

pub fn configure(config: &mut Config) {
    config.allowed_origins = vec!["https://example.com"];
    config.jwt_secret = "secret";
}

fn main() {}
