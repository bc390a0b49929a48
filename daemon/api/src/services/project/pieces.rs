//! A list of scripts in messages of bounded size: a monorepo of ten thousand packages has more scripts than one
//! message holds. Pure.

use brummer_proto::v1;
use prost::Message as _;

/// Most bytes of scripts in one message, if it has more than one script.
const PIECE_BYTES: usize = 256 * 1024;

/// At least one message; each is made when the connection has room for it.
pub(super) fn of_scripts(
    scripts: impl Iterator<Item = v1::Script>,
    project: Option<v1::ProjectRef>,
    notices: Vec<String>,
) -> impl Iterator<Item = v1::ListScriptsResponse> {
    let mut scripts = scripts.peekable();
    let mut first = Some((project, notices));
    std::iter::from_fn(move || {
        let head = first.take();
        if head.is_none() {
            scripts.peek()?;
        }
        let mut bytes = 0;
        let some = std::iter::from_fn(|| {
            let script =
                scripts.next_if(|script| bytes == 0 || bytes + script.encoded_len() <= PIECE_BYTES)?;
            bytes += script.encoded_len();
            Some(script)
        });
        let scripts = some.collect();
        let (project, notices) = head.unwrap_or_default();
        Some(v1::ListScriptsResponse { project, scripts, notices })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(count: usize, padding: usize) -> Vec<v1::Script> {
        let description = "x".repeat(padding);
        (0..count)
            .map(|n| v1::Script {
                name: format!("p{n}:dev"),
                description: description.clone(),
                ..v1::Script::default()
            })
            .collect()
    }

    #[test]
    fn every_script_comes_once_and_in_order_in_small_messages() {
        for (count, padding, pieces) in [(0, 0, 1), (3, 0, 1), (3, 300_000, 3), (40_000, 200, 33)] {
            let all = scripts(count, padding);
            let notices = vec!["a notice".to_owned()];
            let messages: Vec<_> =
                of_scripts(all.clone().into_iter(), Some(v1::ProjectRef::default()), notices).collect();
            assert_eq!(messages.len(), pieces, "{count} scripts of {padding} bytes");
            for (n, message) in messages.iter().enumerate() {
                assert!(message.scripts.len() == 1 || message.encoded_len() < 2 * PIECE_BYTES);
                assert_eq!((message.project.is_some(), message.notices.len()), (n == 0, usize::from(n == 0)));
            }
            let told: Vec<v1::Script> = messages.into_iter().flat_map(|message| message.scripts).collect();
            assert_eq!(told, all);
        }
    }
}
