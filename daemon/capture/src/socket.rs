//! The control connection's bytes: reading with descriptors that come along, writing with one that goes along.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

/// Reads once without waiting. Descriptors that came along (close-on-exec) are appended to `descriptors`, at
/// most 4 a call. Zero bytes: the other side closed.
///
/// # Errors
/// `WouldBlock` when nothing is there; else the system's error.
#[allow(unsafe_code, reason = "nix hands received descriptors over as bare numbers")]
pub fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    let mut space = nix::cmsg_space!([RawFd; 4]);
    let mut slices = [IoSliceMut::new(buffer)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = loop {
        match recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(&mut space), flags) {
            Err(nix::errno::Errno::EINTR) => {}
            result => break result?,
        }
    };
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(received) = control {
            for fd in received {
                // SAFETY: the kernel installed this descriptor for this call; nobody else knows of it.
                descriptors.push(unsafe { OwnedFd::from_raw_fd(fd) });
            }
        }
    }
    Ok(message.bytes)
}

/// Writes once without waiting; `descriptor` goes along with the first byte.
///
/// # Errors
/// `WouldBlock` when there is no room; else the system's error.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    let slices = [IoSlice::new(bytes)];
    let raw = descriptor.map(|fd| [fd.as_raw_fd()]);
    let control = raw.as_ref().map(|raw| [ControlMessage::ScmRights(raw)]);
    loop {
        let control = control.as_ref().map_or(&[][..], |control| &control[..]);
        match sendmsg::<()>(socket.as_raw_fd(), &slices, control, flags, None) {
            Err(nix::errno::Errno::EINTR) => {}
            result => return Ok(result?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_descriptor_travels_with_its_bytes() {
        let (here, there) = UnixStream::pair().unwrap();
        let mut buffer = [0u8; 64];
        let mut descriptors = Vec::new();
        let nothing = receive(there.as_fd(), &mut buffer, &mut descriptors).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        let (mut pipe_in, pipe_out) = UnixStream::pair().unwrap();
        assert_eq!(send(here.as_fd(), b"take this", Some(pipe_out.as_fd())).unwrap(), 9);
        assert_eq!(send(here.as_fd(), b"!", None).unwrap(), 1);
        let mut text = Vec::new();
        while text.len() < 10 {
            let count = receive(there.as_fd(), &mut buffer, &mut descriptors).unwrap();
            text.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(text, b"take this!");
        assert_eq!(descriptors.len(), 1);
        let mut received = UnixStream::from(descriptors.pop().unwrap());
        drop(pipe_out);
        received.write_all(b"through").unwrap();
        drop(received);
        let mut all = String::new();
        pipe_in.read_to_string(&mut all).unwrap();
        assert_eq!(all, "through");
        drop(here);
        assert_eq!(receive(there.as_fd(), &mut buffer, &mut descriptors).unwrap(), 0);
    }
}
