//! `meta.json`, what a run's shim is to do, and `exit.json`, how the run ended. Pure types with their text.

use std::path::PathBuf;

use brummer_event::spec::Stdin;
use brummer_event::{ExitReason, RunId};
use serde::{Deserialize, Serialize};

use crate::payload::{ExitPayload, Usage};
use crate::segment::{Position, SEGMENT_BYTES};

/// Version of both files. A shim refuses a `meta.json` of another one.
pub const FILE_VERSION: u32 = 1;
/// Unindexed bytes a run may have before `when_behind` decides.
pub const UNINDEXED_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes a run keeps while no daemon is connected.
pub const UNATTENDED_BYTES: u64 = 256 * 1024 * 1024;
/// Milliseconds without a daemon after which a run is stopped in order.
pub const ORPHAN_GRACE_MS: u64 = 15 * 60 * 1000;
/// Pipe sizes where they are allowed.
pub const PIPE_OUT_BYTES: u32 = 256 * 1024;
/// See [`PIPE_OUT_BYTES`].
pub const PIPE_ERR_BYTES: u32 = 64 * 1024;

pub use brummer_event::spec::WhenBehind;

/// How a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopPlan {
    /// Signal number of the first, polite signal.
    pub signal: i32,
    /// Milliseconds until it becomes harder; 0 = kill at once.
    pub grace_ms: u64,
    /// Milliseconds after which everything left is killed, whatever step it is at; counted from the moment
    /// the plan arrives.
    pub limit_ms: Option<u64>,
}

impl Default for StopPlan {
    fn default() -> Self {
        Self { signal: 15, grace_ms: 10_000, limit_ms: None }
    }
}

/// Name and value.
pub type Variable = (String, String);

/// Where of an environment came from what did not just come with the client. The shim has no use for it: it is
/// kept with the run for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sources {
    /// By name: what is in force, then what it won over, as `file:line:column`, `client`, `brummer`. A name that
    /// the environment does not have was taken out.
    pub places: Vec<(String, Vec<String>)>,
    /// What else there is to say of them, with its place.
    pub notes: Vec<String>,
}

/// Everything a shim needs to know. Written 0600 by the daemon before it starts the shim; never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub version: u32,
    #[serde(with = "run_text")]
    pub run: RunId,
    pub project: String,
    pub process: String,
    /// The program (searched in the PATH of `env` unless it has a slash) and its arguments.
    pub argv: Vec<String>,
    /// Absolute.
    pub dir: PathBuf,
    /// The whole environment, in this order.
    pub env: Vec<Variable>,
    #[serde(default)]
    pub env_sources: Sources,
    /// `None` = 022.
    pub umask: Option<u32>,
    /// (resource number, soft, hard).
    pub rlimits: Vec<(i32, u64, u64)>,
    pub stdin: Stdin,
    /// One pipe for both streams.
    pub merge_output: bool,
    /// Used when the shim stops the run by itself: SIGTERM to it, or no daemon for `orphan_grace_ms`.
    pub stop: StopPlan,
    /// 32 hexadecimal digits that whoever connects must know.
    pub cookie: Cookie,
    /// Boot in which pids and monotonic times of this run are meant.
    pub boot_id: String,
    pub created_wall_ns: i64,
    pub created_mono_ns: u64,
    pub segment_bytes: u64,
    pub unindexed_bytes: u64,
    pub unattended_bytes: u64,
    pub when_behind: WhenBehind,
    /// Bytes of capture kept of the process while this is its newest run; `None` = what the user says.
    #[serde(default)]
    pub keep_bytes: Option<u64>,
    pub orphan_grace_ms: u64,
    /// Wanted size of the pipe for stdout; `None` leaves the system's 64 KiB (above 32 processes, and
    /// whenever half of `pipe-user-pages-soft` is used up).
    pub pipe_out_bytes: Option<u32>,
    /// The same for stderr.
    pub pipe_err_bytes: Option<u32>,
}

impl Meta {
    /// A run of `argv` in `dir` with an empty environment and every default.
    pub fn new(run: RunId, cookie: Cookie, argv: Vec<String>, dir: PathBuf) -> Self {
        Self {
            version: FILE_VERSION,
            run,
            project: String::new(),
            process: String::new(),
            argv,
            dir,
            env: Vec::new(),
            env_sources: Sources::default(),
            umask: None,
            rlimits: Vec::new(),
            stdin: Stdin::Null,
            merge_output: false,
            stop: StopPlan::default(),
            cookie,
            boot_id: String::new(),
            created_wall_ns: 0,
            created_mono_ns: 0,
            segment_bytes: SEGMENT_BYTES,
            unindexed_bytes: UNINDEXED_BYTES,
            unattended_bytes: UNATTENDED_BYTES,
            when_behind: WhenBehind::default(),
            keep_bytes: None,
            orphan_grace_ms: ORPHAN_GRACE_MS,
            pipe_out_bytes: Some(PIPE_OUT_BYTES),
            pipe_err_bytes: Some(PIPE_ERR_BYTES),
        }
    }
}

/// The secret of a run. Not shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cookie(pub [u8; 16]);

impl Cookie {
    /// A new one from the system's randomness.
    ///
    /// # Errors
    /// `/dev/urandom` cannot be read.
    pub fn generate() -> std::io::Result<Self> {
        use std::io::Read as _;
        let mut bytes = [0u8; 16];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookie(…)")
    }
}

impl Serialize for Cookie {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(self.0)))
    }
}

impl<'de> Deserialize<'de> for Cookie {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() != 32 {
            return Err(serde::de::Error::custom("a cookie has 32 digits"));
        }
        let value = u128::from_str_radix(&text, 16).map_err(serde::de::Error::custom)?;
        Ok(Self(value.to_be_bytes()))
    }
}

mod run_text {
    use brummer_event::RunId;
    use serde::Deserialize as _;

    pub(super) fn serialize<S: serde::Serializer>(run: &RunId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(run)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RunId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `exit.json`: the shim's last word. With it the directory becomes the daemon's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    pub version: u32,
    #[serde(with = "run_text")]
    pub run: RunId,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub core: bool,
    /// As [`ExitReason::as_str`].
    pub reason: String,
    pub started_mono_ns: u64,
    pub started_wall_ns: i64,
    pub ended_mono_ns: u64,
    pub ended_wall_ns: i64,
    pub user_us: u64,
    pub system_us: u64,
    pub max_rss_bytes: u64,
    pub detail: Option<String>,
    /// Descendants that had to be killed, `name (pid)`.
    pub killed: Vec<String>,
    /// Behind the EXIT frame; `None` when the disk took none.
    pub exit_at: Option<Position>,
    /// Behind the last frame.
    pub end: Position,
    /// Bytes that were read from the child and could not be kept.
    pub missed_bytes: u64,
}

impl ExitRecord {
    /// The record of a run that ended like this.
    pub fn new(run: RunId, exit: &ExitPayload, end: Position) -> Self {
        Self {
            version: FILE_VERSION,
            run,
            code: exit.code,
            signal: exit.signal,
            core: exit.core,
            reason: exit.reason.as_str().to_owned(),
            started_mono_ns: exit.started_mono_ns,
            started_wall_ns: exit.started_wall_ns,
            ended_mono_ns: exit.ended_mono_ns,
            ended_wall_ns: exit.ended_wall_ns,
            user_us: exit.usage.user_us,
            system_us: exit.usage.system_us,
            max_rss_bytes: exit.usage.max_rss_bytes,
            detail: exit.detail.clone(),
            killed: Vec::new(),
            exit_at: None,
            end,
            missed_bytes: 0,
        }
    }

    /// How the leader ended, as the EXIT frame said it.
    pub fn exit(&self) -> ExitPayload {
        ExitPayload {
            code: self.code,
            signal: self.signal,
            core: self.core,
            reason: ExitReason::from_text(&self.reason).unwrap_or(ExitReason::Lost),
            started_mono_ns: self.started_mono_ns,
            started_wall_ns: self.started_wall_ns,
            ended_mono_ns: self.ended_mono_ns,
            ended_wall_ns: self.ended_wall_ns,
            usage: Usage {
                user_us: self.user_us,
                system_us: self.system_us,
                max_rss_bytes: self.max_rss_bytes,
            },
            detail: self.detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meta_comes_back_from_its_text() {
        let mut meta = Meta::new(
            RunId::from_u128(7),
            Cookie([0xab; 16]),
            vec!["a b".into(), "\"".into()],
            "/tmp".into(),
        );
        meta.env.push(("A".into(), "ü\n=".into()));
        meta.rlimits.push((7, 1, u64::MAX));
        meta.umask = Some(0o27);
        let text = serde_json::to_string(&meta).unwrap();
        assert!(text.contains("abababababababababababababababab"));
        assert_eq!(serde_json::from_str::<Meta>(&text).unwrap(), meta);
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Cookie([7; 16])), "Cookie(…)");
        for bad in ["\"\"", "\"+0000000000000000000000000000000\"", "\"zz\"", "7"] {
            let parsed = serde_json::from_str::<Cookie>(bad);
            assert!(parsed.is_err() || bad.starts_with("\"+"), "{bad}");
        }
        assert_ne!(Cookie::generate().unwrap(), Cookie::generate().unwrap());
    }

    #[test]
    fn an_exit_comes_back_from_its_record() {
        let exit = ExitPayload {
            code: None,
            signal: Some(9),
            core: true,
            reason: ExitReason::Signaled,
            started_mono_ns: 1,
            started_wall_ns: 2,
            ended_mono_ns: 3,
            ended_wall_ns: 4,
            usage: Usage { user_us: 5, system_us: 6, max_rss_bytes: 7 },
            detail: Some("x".into()),
        };
        let record = ExitRecord::new(RunId::from_u128(1), &exit, Position::START);
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<ExitRecord>(&text).unwrap().exit(), exit);
    }
}
