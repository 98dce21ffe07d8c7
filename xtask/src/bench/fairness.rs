//! `cargo xtask bench fairness`: whether one of many busy rooms waits for the others.

use super::orcs::Orcs;
use super::ratios::Spread;
use crate::failure::Result;

/// Twenty rooms that always have a broadcast on its way.
pub fn run(words: &[&str]) -> Result {
    let orcs = Orcs::prepare(words)?;
    println!(
        "\n20 rooms of 100, a broadcast of each always on its way, two worker threads; times to the\n\
         sender and to the room's last member. Median of {} rounds (least–most).\n",
        orcs.rounds()
    );
    println!(
        "{:<13} {:>24} {:>24} {:>20}",
        "", "p50 us", "p99 us", "p99 / p50"
    );
    let mut missed = None;
    for server in orcs.servers() {
        let rounds: Vec<_> = (0..orcs.rounds())
            .map(|_| orcs.run(server, 2, LOAD, 3.0))
            .collect::<Result<_>>()?;
        let values = |name| {
            rounds
                .iter()
                .map(|figures| figures.get(name))
                .collect::<Vec<_>>()
        };
        let (p50, p99) = (values("p50_us"), values("p99_us"));
        let shown = |values: &[Option<f64>]| Spread::of(values.iter().copied().flatten());
        let times = [shown(&p50), shown(&p99)]
            .map(|time| time.map_or_else(String::new, |time| time.rounded()));
        let ratio = Spread::of_ratios(&p99, &p50).ok_or("a run told nothing")?;
        println!(
            "{:<13} {:>24} {:>24} {ratio:>20}",
            server.name, times[0], times[1]
        );
        if server.is_orcs() && ratio.median > MOST {
            missed = Some(ratio.median);
        }
    }
    match missed {
        None => Ok(()),
        Some(ratio) => Err(format!("p99 is {ratio:.1} times p50, more than {MOST}").into()),
    }
}

const LOAD: &str = "rooms --rooms 20 --members 100 --senders 1 --in-flight 1 --bytes 64 --to-last";
const MOST: f64 = 4.0;
