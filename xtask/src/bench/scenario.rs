//! The scenarios and their goals.

use super::figures::Metric;

/// One row of the table.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    /// What the load generator is told.
    pub load: &'static str,
    /// How long is measured, unless `--seconds` says otherwise.
    pub seconds: f64,
    pub metrics: &'static [Metric],
    pub goals: &'static [Goal],
    pub kind: Kind,
}

/// What sets a scenario apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Messages in flight, as many as come back: two threads should do twice as much.
    ClosedLoop,
    /// The same on the route `/raw`, which some servers lack.
    Raw,
    /// All else.
    Other,
}

/// What orcs has to reach: a ratio to the baseline, or a figure that stands for itself.
#[derive(Debug)]
pub struct Goal {
    pub metric: Metric,
    pub must: f64,
    pub reach: f64,
}

const fn goal(metric: Metric, must: f64, reach: f64) -> Goal {
    Goal {
        metric,
        must,
        reach,
    }
}

/// Three seconds of messages.
const MESSAGES: Scenario = Scenario {
    name: "",
    title: "",
    load: "",
    seconds: 3.0,
    metrics: Metric::OF_MESSAGES,
    goals: &[],
    kind: Kind::ClosedLoop,
};

/// All of them, in the order of the table.
pub static SCENARIOS: [Scenario; 12] = [
    Scenario {
        name: "echo",
        title: "echo of 64 bytes, 100 clients, 1 in flight",
        load: "echo --connections 100 --in-flight 1 --bytes 64",
        goals: &[goal(Metric::Work, 1.15, 1.31)],
        ..MESSAGES
    },
    Scenario {
        name: "echo-16",
        title: "echo of 64 bytes, 100 clients, 16 in flight",
        load: "echo --connections 100 --in-flight 16 --bytes 64",
        goals: &[goal(Metric::Work, 1.6, 2.2)],
        ..MESSAGES
    },
    Scenario {
        name: "echo-1k",
        title: "echo of 1 KiB, 100 clients, 4 in flight",
        load: "echo --connections 100 --in-flight 4 --bytes 1024",
        goals: &[goal(Metric::Work, 1.4, 1.9)],
        ..MESSAGES
    },
    Scenario {
        name: "room-100",
        title: "one room of 100, 64 bytes, 10 senders with 10 in flight each",
        load: "rooms --rooms 1 --members 100 --senders 10 --in-flight 10 --bytes 64",
        goals: &[goal(Metric::Work, 4.0, 5.6)],
        ..MESSAGES
    },
    Scenario {
        name: "room-1000",
        title: "one room of 1000, 64 bytes, 10 senders with 10 in flight each",
        load: "rooms --rooms 1 --members 1000 --senders 10 --in-flight 10 --bytes 64",
        goals: &[goal(Metric::Work, 5.5, 7.6)],
        ..MESSAGES
    },
    Scenario {
        name: "room-1000-1k",
        title: "one room of 1000, 1 KiB, 10 senders with 10 in flight each",
        load: "rooms --rooms 1 --members 1000 --senders 10 --in-flight 10 --bytes 1024",
        goals: &[goal(Metric::Work, 7.0, 8.5)],
        ..MESSAGES
    },
    Scenario {
        name: "rooms-of-10",
        title: "100 rooms of 10, 64 bytes, everyone talks, 1 in flight each",
        load: "rooms --rooms 100 --members 10 --in-flight 1 --bytes 64",
        goals: &[goal(Metric::Work, 1.6, 1.88)],
        ..MESSAGES
    },
    Scenario {
        name: "connect",
        title: "connect, hello of 64 bytes, close; 64 at a time",
        load: "connect --connections 64 --bytes 64",
        goals: &[goal(Metric::Work, 0.95, 1.2)],
        kind: Kind::Other,
        ..MESSAGES
    },
    Scenario {
        name: "rate",
        title: "10,000 echoes of 64 bytes per second, 100 clients",
        load: "rate --rate 10000 --connections 100 --bytes 64",
        seconds: 20.0,
        goals: &[goal(Metric::P50, 1.05, 0.9), goal(Metric::P99, 1.1, 0.85)],
        kind: Kind::Other,
        ..MESSAGES
    },
    Scenario {
        name: "idle",
        title: "resident memory, 10,000 idle connections in rooms of 10",
        load: "idle --connections 10000 --rooms-of 10",
        metrics: &[Metric::Bytes],
        goals: &[goal(Metric::Bytes, 1536.0, 922.0)],
        kind: Kind::Other,
        ..MESSAGES
    },
    Scenario {
        name: "raw-16",
        title: "raw echo of 16 KiB, 64 clients, 16 in flight",
        load: "raw --connections 64 --in-flight 16 --bytes 16384",
        goals: &[goal(Metric::Throughput, 2.5, 3.0)],
        kind: Kind::Raw,
        ..MESSAGES
    },
    Scenario {
        name: "raw-1",
        title: "raw echo of 16 KiB, 64 clients, 1 in flight",
        load: "raw --connections 64 --in-flight 1 --bytes 16384",
        goals: &[goal(Metric::Throughput, 1.2, 1.6)],
        kind: Kind::Raw,
        ..MESSAGES
    },
];
