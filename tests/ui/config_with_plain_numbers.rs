// Times are `Some(Duration::from_secs(120))`, or `None` for never; sizes are numbers of bytes,
// `16 * 1024 * 1024`.

use orcs::Config;

pub fn configure(config: &mut Config) {
    config.idle_timeout = 120;
    config.max_payload_bytes = "16MB";
    config.write_timeout = std::time::Duration::from_secs(5);
}

fn main() {}
