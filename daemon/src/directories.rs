//! The directories that the daemon writes to: made private, or refused with the cure.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;

use brummer_proto::address::{Places, ensure_private_directory};

use crate::exit::Fatal;

/// Makes what is missing below `places` and refuses what others could have prepared.
///
/// # Errors
/// [`Fatal::Refused`] with path and cure.
pub(crate) fn prepare(places: &Places) -> Result<(), Fatal> {
    for directory in [&places.state_dir, &places.runtime_dir] {
        ensure_private_directory(directory)?;
    }
    for directory in [places.runs(), places.index()] {
        // Their parent is ours alone, so nobody else can have made them.
        match DirBuilder::new().mode(0o700).create(&directory) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(Fatal::Refused(format!("cannot make {}: {error}", directory.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use brummer_proto::address::{Environment, Overrides};

    use super::*;

    #[test]
    fn a_directory_that_others_can_write_ends_the_start_with_78() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let environment: Environment =
            [("HOME", dir.path()), ("BRUMMER_STATE_DIR", &state)].map(|(k, v)| (k.into(), v.into())).into();
        let places = Places::new(&environment, &Overrides::default()).unwrap();
        prepare(&places).unwrap();
        assert!(places.runs().is_dir() && places.index().is_dir() && places.runtime_dir.is_dir());
        prepare(&places).unwrap();
        std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o777)).unwrap();
        let refused = prepare(&places).unwrap_err();
        assert_eq!(refused.code(), 78);
        assert!(refused.to_string().contains(&format!("chmod 700 {}", state.display())), "{refused}");
    }
}
