// The fields are called as their keys in `.env`, or nearly; rustc tells the nearest.

use orcs::Config;

pub fn configure(config: &mut Config) {
    config.max_payload_length = 64 * 1024;
}

fn main() {}
