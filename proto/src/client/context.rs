//! The world of the user who asks: environment, directory, umask, limits; and request ids.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::sys::resource::{Resource, getrlimit};

use crate::v1;

/// A command with a fresh request id: a retry of the same message joins the work instead of doubling it.
pub fn new_command() -> v1::Command {
    v1::Command { request_id: uuid::Uuid::now_v7().to_string(), expected_generation: None }
}

/// What a start needs of its user's world, read without changing any of it. `directory` is where the
/// user means to be, else the current directory (empty if that is gone).
pub fn client_context(directory: Option<&Path>) -> v1::ClientContext {
    let variable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        // A name that is no UTF-8 cannot be named on the wire; no shell can set one either.
        let name = name.into_string().ok()?;
        Some(v1::EnvironmentVariable { name, value: value.as_bytes().to_vec() })
    };
    let directory = match directory {
        Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        None => std::env::current_dir().unwrap_or_default(),
    };
    v1::ClientContext {
        environment: std::env::vars_os().filter_map(variable).collect(),
        directory: directory.to_string_lossy().into_owned(),
        umask: umask(),
        resource_limits: limits(),
    }
}

/// `umask(2)` can only be read by setting it; Linux tells it in /proc as well.
#[cfg(target_os = "linux")]
fn umask() -> Option<u32> {
    umask_of_status(&std::fs::read_to_string("/proc/self/status").ok()?)
}

#[cfg(not(target_os = "linux"))]
fn umask() -> Option<u32> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn umask_of_status(status: &str) -> Option<u32> {
    let value = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(value.trim(), 8).ok()
}

fn limits() -> Vec<v1::ResourceLimit> {
    let all = [
        Resource::RLIMIT_AS,
        Resource::RLIMIT_CORE,
        Resource::RLIMIT_CPU,
        Resource::RLIMIT_DATA,
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_NOFILE,
        Resource::RLIMIT_STACK,
        Resource::RLIMIT_MEMLOCK,
        Resource::RLIMIT_NPROC,
        Resource::RLIMIT_RSS,
        #[cfg(target_os = "linux")]
        Resource::RLIMIT_LOCKS,
        #[cfg(target_os = "linux")]
        Resource::RLIMIT_MSGQUEUE,
        #[cfg(target_os = "linux")]
        Resource::RLIMIT_NICE,
        #[cfg(target_os = "linux")]
        Resource::RLIMIT_RTPRIO,
        #[cfg(target_os = "linux")]
        Resource::RLIMIT_RTTIME,
        #[cfg(target_os = "linux")]
        Resource::RLIMIT_SIGPENDING,
    ];
    all.into_iter()
        .filter_map(|resource| {
            let (soft, hard) = getrlimit(resource).ok()?;
            Some(v1::ResourceLimit { resource: resource as i32, soft, hard })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_its_own_id() {
        let (one, two) = (new_command(), new_command());
        assert_ne!(one.request_id, two.request_id);
        assert!(one.request_id.len() <= 64);
    }

    #[test]
    fn the_umask_is_octal() {
        assert_eq!(umask_of_status("Name:\tx\nUmask:\t0027\nState:\tR\n"), Some(0o027));
        assert_eq!(umask_of_status("Name:\tx\n"), None);
    }

    #[test]
    fn the_context_is_this_process() {
        let context = client_context(None);
        assert_eq!(Path::new(&context.directory), std::env::current_dir().unwrap());
        assert!(context.environment.iter().any(|variable| variable.name == "PATH"));
        let files = context.resource_limits.iter().find(|l| l.resource == Resource::RLIMIT_NOFILE as i32);
        assert_eq!(files.map(|l| (l.soft, l.hard)), getrlimit(Resource::RLIMIT_NOFILE).ok());
        #[cfg(target_os = "linux")]
        assert!(context.umask.is_some());
    }
}
