//! The wire between the daemon and its clients: generated messages and services, where the socket is
//! ([`address`]), the client module ([`client`]), and text made safe to show ([`text`]).
//!
//! Generated types are for the edges alone: the daemon's `api` crate, and in the clients the code that
//! performs requests. Everything else speaks domain types (daemon) or its own model (clients).

pub mod address;
pub mod client;
pub mod text;

/// Messages and services of `brummer.v1`.
#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("brummer.v1");
}

/// Descriptors of every message, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/brummer.bin"));

/// Version of the wire. A daemon understands its own and the one before.
pub const PROTOCOL: u32 = 1;

/// The `domain` of every `google.rpc.ErrorInfo` that the daemon sends; `reason` is then our code.
pub const ERROR_DOMAIN: &str = "brummer";
