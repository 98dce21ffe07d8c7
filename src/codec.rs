//! How the clients of a route speak.

/// How the clients of a route speak: chosen with [`Route::codec`](crate::Route::codec).
///
/// Rooms are shared by all routes. What is sent to one is encoded once for each codec that
/// its members speak, however many they are. Binary messages are the same in every codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Codec {
    /// `{"event":"message","payload":{..},"id":7}` in both directions. The default. Source: ORCS.
    #[default]
    Envelope,
    /// Text as it is. Source: CandyPack's `ws.send`: a string as it is, an object as JSON.
    ///
    /// | direction | text | when |
    /// | --- | --- | --- |
    /// | in | anything | the route's `message` handler gets it, as a JSON string would reach it: a `String`, an enum of words |
    /// | out | `hello` | a `send` of a string: the event's name is left out |
    /// | out | `{"text":"hello"}` | a `send` of anything else: the payload as JSON |
    /// | out | as above | a [`Reply`](crate::Reply): there is no `id`, so every message is answered by it |
    /// | out | `{"message":"..","code":".."}` | what went wrong |
    Raw,
}
