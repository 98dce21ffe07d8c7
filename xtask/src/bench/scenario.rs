//! The scenarios and their goals.

use super::figures::Metric;

/// One row of the table.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    /// What the load generator is told.
    pub load: &'static str,
    pub goals: &'static [Goal],
    /// Whether servers without the route `/raw` are left out.
    pub is_raw: bool,
}

/// What orcs has to reach, as a ratio to the baseline.
#[derive(Debug)]
pub struct Goal {
    pub metric: Metric,
    pub must: f64,
    pub reach: f64,
}

const fn work(must: f64, reach: f64) -> Goal {
    Goal {
        metric: Metric::Work,
        must,
        reach,
    }
}

const fn throughput(must: f64, reach: f64) -> Goal {
    Goal {
        metric: Metric::Throughput,
        must,
        reach,
    }
}

/// All of them, in the order of the table.
pub static SCENARIOS: [Scenario; 9] = [
    Scenario {
        name: "echo",
        title: "echo of 64 bytes, 100 clients, 1 in flight",
        load: "echo --connections 100 --in-flight 1 --bytes 64",
        goals: &[work(1.15, 1.31)],
        is_raw: false,
    },
    Scenario {
        name: "echo-16",
        title: "echo of 64 bytes, 100 clients, 16 in flight",
        load: "echo --connections 100 --in-flight 16 --bytes 64",
        goals: &[work(1.6, 2.2)],
        is_raw: false,
    },
    Scenario {
        name: "echo-1k",
        title: "echo of 1 KiB, 100 clients, 4 in flight",
        load: "echo --connections 100 --in-flight 4 --bytes 1024",
        goals: &[work(1.4, 1.9)],
        is_raw: false,
    },
    Scenario {
        name: "room-100",
        title: "one room of 100, 64 bytes, 10 senders with 10 in flight",
        load: "rooms --rooms 1 --members 100 --senders 10 --in-flight 10 --bytes 64",
        goals: &[work(4.0, 5.6)],
        is_raw: false,
    },
    Scenario {
        name: "room-1000",
        title: "one room of 1000, 64 bytes, 10 senders with 10 in flight",
        load: "rooms --rooms 1 --members 1000 --senders 10 --in-flight 10 --bytes 64",
        goals: &[work(5.5, 7.6)],
        is_raw: false,
    },
    Scenario {
        name: "room-1000-1k",
        title: "one room of 1000, 1 KiB, 10 senders with 10 in flight",
        load: "rooms --rooms 1 --members 1000 --senders 10 --in-flight 10 --bytes 1024",
        goals: &[work(7.0, 8.5)],
        is_raw: false,
    },
    Scenario {
        name: "rooms-of-10",
        title: "100 rooms of 10, 64 bytes, everyone talks, 1 in flight",
        load: "rooms --rooms 100 --members 10 --in-flight 1 --bytes 64",
        goals: &[work(1.6, 1.88)],
        is_raw: false,
    },
    Scenario {
        name: "raw-16",
        title: "raw echo of 16 KiB, 64 clients, 16 in flight",
        load: "raw --connections 64 --in-flight 16 --bytes 16384",
        goals: &[throughput(2.5, 3.0)],
        is_raw: true,
    },
    Scenario {
        name: "raw-1",
        title: "raw echo of 16 KiB, 64 clients, 1 in flight",
        load: "raw --connections 64 --in-flight 1 --bytes 16384",
        goals: &[throughput(1.2, 1.6)],
        is_raw: true,
    },
];
