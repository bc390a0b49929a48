//! The wire between the daemon and its clients: generated messages and services, where the socket is
//! ([`address`]), and the client module ([`client`]).
//!
//! Generated types are for the edges alone: the daemon's `api` crate, and in the clients the code that
//! performs requests. Everything else speaks domain types (daemon) or its own model (clients).

/// Messages and services of `brummer.v1`.
#[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("brummer.v1");
}

/// Descriptors of every message, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/brummer.bin"));

/// Version of the wire. A daemon understands its own and the one before.
pub const PROTOCOL: u32 = 1;
