//! The servers that are compared, and how each is started.

use super::built::Built;
use crate::failure::Result;
use std::path::PathBuf;
use std::process::Command;

/// A server by its name.
#[derive(Debug)]
pub struct Server {
    pub name: &'static str,
    pub program: Program,
    pub dialect: &'static str,
}

/// What runs it.
#[derive(Debug)]
pub enum Program {
    /// A binary of the workspace in benches/.
    Rust(&'static str),
    /// The measured app as another build has it: `--orcs-binary`.
    Before(PathBuf),
    /// A script in benches/peers, run by Bun or by Node.
    Bun(&'static str),
    Node(&'static str),
}

/// The baseline first: all ratios are to it.
pub static SERVERS: [Server; 8] = [
    Server {
        name: "bun-loop",
        program: Program::Bun("bun-loop.js"),
        dialect: "websocket",
    },
    Server {
        name: "bun-publish",
        program: Program::Bun("bun-publish.js"),
        dialect: "websocket",
    },
    Server {
        name: "orcs",
        program: Program::Rust("app"),
        dialect: "websocket",
    },
    Server {
        name: "ws",
        program: Program::Node("ws.js"),
        dialect: "websocket",
    },
    Server {
        name: "socketio",
        program: Program::Node("socketio.js"),
        dialect: "socketio",
    },
    Server {
        name: "socketioxide",
        program: Program::Rust("peer-socketioxide"),
        dialect: "socketio",
    },
    Server {
        name: "warp",
        program: Program::Rust("peer-warp"),
        dialect: "websocket",
    },
    Server {
        name: "floor",
        program: Program::Rust("floor"),
        dialect: "websocket",
    },
];

impl Server {
    pub fn before(binary: PathBuf) -> Self {
        Self {
            name: "orcs-before",
            program: Program::Before(binary),
            dialect: "websocket",
        }
    }

    /// Bun with ORCS's own manager.
    pub fn is_baseline(&self) -> bool {
        self.name == SERVERS[0].name
    }

    pub fn is_orcs(&self) -> bool {
        self.name == "orcs"
    }

    /// Whether it is the app of another build.
    pub fn is_before(&self) -> bool {
        matches!(self.program, Program::Before(_))
    }

    /// Whether a run without it makes no sense.
    pub fn is_needed(&self) -> bool {
        self.is_baseline() || self.is_orcs()
    }

    /// The command that runs it, or what it lacks.
    pub fn command(&self, built: &Built) -> Result<Command> {
        Ok(match &self.program {
            Program::Rust(name) => Command::new(built.binary(name)),
            Program::Before(path) => Command::new(path),
            Program::Bun(script) => running(script, built.bun()?),
            Program::Node(script) => running(script, built.node()?),
        })
    }
}

fn running(script: &str, program: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.arg(script);
    command
}

/// What every server is told. Limits that some of them lack are off or as wide as theirs.
pub const SETTINGS: [(&str, &str); 17] = [
    ("HOST", "127.0.0.1"),
    ("TOKIO_WORKER_THREADS", "1"),
    ("NODE_ENV", "production"),
    ("LOG_LEVEL", "warn"),
    // Nobody is closed for silence, no handler for taking long.
    ("WS_IDLE_TIMEOUT", "0"),
    ("WS_HANDLER_TIMEOUT", "0"),
    // All clients come from one address.
    ("WS_MAX_CONNECTIONS_PER_IP", "0"),
    ("WS_MESSAGE_TIMEOUT", "0"),
    ("WS_WRITE_TIMEOUT", "0"),
    // Everybody may speak as often as he can.
    ("WS_RATE_LIMIT", "0"),
    ("WS_CONTROL_RATE_LIMIT", "0"),
    ("WS_MAX_BAD_FRAMES", "0"),
    ("WS_MAX_PAYLOAD_LENGTH", "16777216"),
    ("WS_BACKPRESSURE_LIMIT", "16777216"),
    ("WS_EVENT_QUEUE_LIMIT", "262144"),
    ("WS_AUTH_ENABLED", "true"),
    ("WS_AUTH_REQUIRED", "false"),
];
