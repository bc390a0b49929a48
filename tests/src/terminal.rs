//! A program in a real pseudo-terminal, and the screen that it draws.

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

use crate::PATIENCE;

/// A running program and its screen.
pub struct Terminal {
    child: Child,
    controller: std::fs::File,
    screen: vt100::Parser,
    /// Everything that the program wrote to the terminal.
    raw: Vec<u8>,
}

impl Terminal {
    /// Starts `command` in a terminal of this size.
    pub fn start(mut command: Command, rows: u16, columns: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).unwrap();
        let stdio = |fd: &OwnedFd| Stdio::from(fd.try_clone().unwrap());
        command
            .env("TERM", "xterm-256color")
            .stdin(stdio(&pair.slave))
            .stdout(stdio(&pair.slave))
            .stderr(stdio(&pair.slave));
        own_terminal(&mut command);
        let child = command.spawn().unwrap();
        drop(pair.slave);
        Self {
            child,
            controller: pair.master.into(),
            screen: vt100::Parser::new(rows, columns, 0),
            raw: Vec::new(),
        }
    }

    /// Types.
    pub fn send(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).unwrap();
    }

    /// The screen as text, a line a row.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Everything that was written to the terminal.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Reads on until the screen satisfies `wanted`. Panics with the screen after the harness's patience.
    #[track_caller]
    pub fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if wanted(&text) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && self.read(left), "the screen never showed {what}:\n{text}");
        }
    }

    /// Reads what comes within the time; false if the program has closed its terminal.
    pub fn read(&mut self, time: Duration) -> bool {
        let mut fds = [PollFd::new(self.controller.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)).unwrap_or(0) == 0 {
            return true;
        }
        let mut buffer = [0u8; 65_536];
        match self.controller.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                self.screen.process(bytes);
                self.raw.extend_from_slice(bytes);
                true
            }
        }
    }

    /// Sets the terminal as a shell does that takes it: lines are edited, and shown as they are typed.
    pub fn take_for_a_shell(&self) {
        use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
        let mut settings = tcgetattr(&self.controller).unwrap();
        settings.local_flags |= LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG;
        tcsetattr(&self.controller, SetArg::TCSANOW, &settings).unwrap();
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end; answers the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let process = crate::Process::of(self.child.id());
        let deadline = Instant::now() + PATIENCE;
        while !process.gone_or_zombie_within(Duration::from_millis(20)) {
            self.read(Duration::ZERO);
            assert!(Instant::now() < deadline, "the program did not end:\n{}", self.text());
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(unsafe_code, reason = "a child gets its controlling terminal between fork and exec only")]
fn own_terminal(command: &mut Command) {
    let claim = || {
        nix::unistd::setsid()?;
        let stdin = std::io::stdin();
        // SAFETY: TIOCSCTTY takes no memory; descriptor 0 is the terminal that was just set.
        let status = unsafe { nix::libc::ioctl(stdin.as_raw_fd(), nix::libc::TIOCSCTTY, 0) };
        if status == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: the closure only makes system calls.
    unsafe {
        command.pre_exec(claim);
    }
}
