//! Servers that are broken on purpose: what the generator must find over real sockets.

use crate::closed;
use crate::codec;
use crate::connect;
use crate::failure::Result;
use crate::open;
use crate::report::Report;
use crate::rooms::{Kind, Shape};
use crate::setup::Setup;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// What a server does to the texts of each connection.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    DropsTheFifth,
    DoublesTheFifth,
    SwapsTheFifthAndSixth,
    /// Stands still once, this long.
    Stalls(Duration),
    HangsUpWithoutGoodbye,
}

/// An echo with a fault, on a thread for each connection.
fn server(fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(std::result::Result::ok) {
            // The generator hangs up once it has found the fault.
            thread::spawn(move || _ = echo(stream, fault));
        }
    });
    address
}

fn echo(mut stream: TcpStream, fault: Fault) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = [0; 4096];
    let _ = stream.read(&mut head)?;
    stream.write_all(
        b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    )?;
    let mut held = Vec::new();
    for nth in 1.. {
        let (opcode, frame) = read(&mut stream)?;
        if opcode == 0x88 {
            return match fault {
                Fault::HangsUpWithoutGoodbye => Ok(()),
                _ => stream.write_all(&frame),
            };
        }
        match (nth, fault) {
            (5, Fault::DropsTheFifth) => {}
            (5, Fault::DoublesTheFifth) => stream.write_all(&[&frame[..], &frame].concat())?,
            (5, Fault::SwapsTheFifthAndSixth) => held = frame,
            (6, Fault::SwapsTheFifthAndSixth) => {
                stream.write_all(&[&frame[..], &held].concat())?;
            }
            (60, Fault::Stalls(time)) => {
                thread::sleep(time);
                stream.write_all(&frame)?;
            }
            _ => stream.write_all(&frame)?,
        }
    }
    Ok(())
}

/// A short frame of a client, as a server sends it back.
fn read(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    stream.read_exact(&mut head)?;
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    stream.read_exact(&mut payload)?;
    let mut frame = vec![head[0], head[1] & 0x7f];
    let keys = head[2..].iter().cycle();
    frame.extend(payload.iter().zip(keys).map(|(byte, key)| byte ^ key));
    assert!(codec::read(&frame).is_ok());
    Ok((head[0], frame))
}

const ECHO: Shape = Shape {
    kind: Kind::Echo,
    rooms: 2,
    members: 1,
    senders: 1,
    bytes: 64,
};

fn setup(fault: Fault) -> Setup {
    Setup::quick(server(fault), Duration::from_millis(300))
}

fn closed_loop(fault: Fault) -> Result<Report> {
    let options = closed::Options {
        shape: ECHO,
        in_flight: 3,
        to_last: false,
    };
    closed::run(&setup(fault), options)
}

fn connect(fault: Fault) -> Result<Report> {
    let options = connect::Options {
        connections: 3,
        bytes: 64,
    };
    connect::run(&setup(fault), &options)
}

#[test]
fn a_sound_server_passes() {
    let report = closed_loop(Fault::None).unwrap();
    let deliveries = report.get("deliveries").unwrap();
    assert!(deliveries > 100.0, "{report}");
    assert_eq!(report.get("messages"), Some(deliveries));
    assert!(report.get("p50_us").unwrap() > 0.0, "{report}");
}

#[test]
fn each_fault_of_an_echo_is_named() {
    for (fault, sentence) in [
        (
            Fault::DropsTheFifth,
            "got message 5 of sender 0 where 4 was due: lost",
        ),
        (
            Fault::DoublesTheFifth,
            "got message 4 of sender 0 where 5 was due: a double",
        ),
        (
            Fault::SwapsTheFifthAndSixth,
            "where 4 was due: lost or out of order",
        ),
    ] {
        let problem = closed_loop(fault).expect_err("it passes").to_string();
        assert!(problem.contains(sentence), "{fault:?}: {problem}");
    }
}

/// A closed loop would see one late message for each sender; whoever keeps to a rate is
/// late with all that were due meanwhile.
#[test]
fn a_server_that_stands_still_pays_for_all_that_was_due() {
    let options = open::Options {
        shape: Shape { rooms: 1, ..ECHO },
        rate: 1000.0,
        to_last: false,
        blocker: None,
    };
    let report = open::run(&setup(Fault::Stalls(Duration::from_millis(150))), options).unwrap();
    assert!(report.get("p99_us").unwrap() > 140_000.0, "{report}");
    // 150 of 300 were due while it stood still, evenly.
    let median = report.get("p50_us").unwrap();
    assert!(median < 60_000.0, "{report}");
    let options = closed::Options {
        shape: Shape { rooms: 1, ..ECHO },
        in_flight: 1,
        to_last: false,
    };
    let stalled = setup(Fault::Stalls(Duration::from_millis(150)));
    let report = closed::run(&stalled, options).unwrap();
    assert!(report.get("p99_us").unwrap() < 140_000.0, "{report}");
}

#[test]
fn guests_come_and_go_and_notice_a_missing_goodbye() {
    let report = connect(Fault::None).unwrap();
    assert!(report.get("deliveries").unwrap() > 10.0, "{report}");
    let problem = connect(Fault::HangsUpWithoutGoodbye).expect_err("it passes");
    assert!(
        problem.to_string().contains("hung up before its time"),
        "{problem}"
    );
}
