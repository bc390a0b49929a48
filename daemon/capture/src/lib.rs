//! What a run leaves on disk, and how its shim is spoken to. Shared by the shim, which writes, and the
//! daemon, which reads; so this crate knows neither tasks nor threads and links nothing big.
//!
//! **Owns** the formats: frames ([`frame`]) and what the special ones carry ([`payload`]), the segment files
//! they are appended to ([`segment`]), the other files of a run directory ([`rundir`], [`meta`], [`alive`]),
//! and the messages on the control connection ([`protocol`], [`socket`]). [`proc`] reads what the system
//! knows about processes and names them safely (pidfd, or pid with start time); [`turns`] is how the threads
//! between a child's line and its reader ask to be run soon.
//!
//! **Who may call**: one [`SegmentWriter`] a run, in its shim; any number of [`SegmentReader`]s anywhere.
//! Readers and writer meet only in the files. All calls are plain blocking system calls.
//!
//! **When full**: a writer that meets a full disk cuts its frame off again and says so ([`AppendError`]); the
//! shim then goes on in a memory file that stands for the end of the segment ([`segment::MemoryTail`]), at
//! the same positions, until the disk takes it. **When stopping** nothing needs to be closed: a frame whose
//! end is not in the file does not exist.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

pub mod alive;
pub mod frame;
pub mod meta;
pub mod payload;
pub mod proc;
pub mod protocol;
pub mod rundir;
pub mod segment;
pub mod socket;
mod sys;
pub mod turns;
mod wire;

pub use alive::{AliveLock, Holder};
pub use frame::{Frame, FrameFlags, FrameHeader, FrameKind};
pub use meta::{ExitRecord, Meta, WhenBehind};
pub use payload::{ExitPayload, GapPayload, Usage, exit_text};
pub use proc::ProcId;
pub use rundir::RunDir;
pub use segment::{AppendError, Block, Position, ReadError, SegmentReader, SegmentWriter};
