//! How the allocator gives memory back.
//!
//! The log engine's buffers and chunks are of 64 KiB and more, pooled where they are made often, and freed by
//! another thread than the one that made them when a ring evicts. Kept in the heap of the thread that made them
//! they leave holes; the daemon then stays a third bigger after a flood than it needs to be.
#![allow(unsafe_code, reason = "mallopt has no safe interface")]

/// From this size a buffer is a mapping of its own, which goes back to the system when it is freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_MAPPING: i32 = 64 * 1024;

/// To be called before there is a second thread.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: two integers; no other thread allocates yet.
    unsafe {
        // Refused, it leaves the threshold to the allocator, which moves it.
        nix::libc::mallopt(nix::libc::M_MMAP_THRESHOLD, OWN_MAPPING);
    }
}
