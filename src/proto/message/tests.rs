//! The decoder by plain calls; here what the files beside it share.

mod differential;
mod inflating;
mod memory;
mod reading;
mod refusals;
mod streams;

use super::*;
use crate::proto::deflate::Compressor;
use crate::proto::frame::encode_masked;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const ROOMY: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq)]
enum Message {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
}

impl From<Incoming<'_>> for Message {
    fn from(incoming: Incoming<'_>) -> Self {
        match incoming {
            Incoming::Text(text) => Self::Text(text.into_owned()),
            Incoming::Line(text) => Self::Text(text.to_owned()),
            Incoming::Binary(bytes) => Self::Binary(bytes.into_owned()),
            Incoming::Ping(bytes) => Self::Ping(bytes.to_owned()),
            Incoming::Pong(bytes) => Self::Pong(bytes.to_owned()),
            Incoming::Fragment => unreachable!("`feed` leaves fragments out"),
            Incoming::Close { code, reason } => Self::Close(code, reason.to_owned()),
        }
    }
}

/// Feeds one piece of input until the decoder wants more.
fn feed(decoder: &mut Decoder, piece: &[u8]) -> Result<Vec<Message>, Violation> {
    let mut piece = piece.to_vec();
    let mut input = &mut piece[..];
    let mut messages = Vec::new();
    while let Some(incoming) = decoder.next(&mut input)? {
        if incoming != Incoming::Fragment {
            messages.push(incoming.into());
        }
    }
    assert!(input.is_empty(), "`None` means that all was taken");
    Ok(messages)
}

fn feed_all<'a>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Message>, Violation> {
    let mut messages = Vec::new();
    for piece in pieces {
        messages.extend(feed(decoder, piece)?);
    }
    Ok(messages)
}

/// What a stream is answered with, which must not depend on how it is cut.
fn decode(limit: usize, stream: &[u8]) -> Result<Vec<Message>, Violation> {
    let whole = feed(&mut Decoder::new(limit, Compressed::Refused), stream);
    let bytewise = feed_all(
        &mut Decoder::new(limit, Compressed::Refused),
        stream.chunks(1),
    );
    assert_eq!(whole, bytewise);
    whole
}

fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    encode_masked(opcode, payload, KEY)
}

/// A frame that says that more of its message follows.
fn fragment(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut frame = frame(opcode, payload);
    frame[0] &= 0x7F;
    frame
}

/// A frame that begins a compressed message.
fn deflated(mut frame: Vec<u8>) -> Vec<u8> {
    frame[0] |= 0x40;
    frame
}

/// What a client compresses a first message to.
fn compressed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Compressor::new(15).append(message, &mut out);
    out
}

/// A decoder for a client that compresses, with or without a context that it keeps.
fn inflating(limit: usize, context_takeover: bool) -> Decoder {
    let compressed = if context_takeover {
        Compressed::Kept
    } else {
        Compressed::Alone
    };
    Decoder::new(limit, compressed)
}

/// Only the header of a binary frame.
fn announce(payload_len: u64) -> Vec<u8> {
    [&[0x82, 0xff][..], &payload_len.to_be_bytes(), &KEY].concat()
}

fn protocol(stream: &[u8]) -> &'static str {
    match decode(ROOMY, stream) {
        Err(Violation::Protocol(reason)) => {
            assert!(reason.len() <= 123);
            reason
        }
        other => panic!("{other:?}"),
    }
}
