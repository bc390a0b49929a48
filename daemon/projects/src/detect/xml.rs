//! XML files of other tools, read by roxmltree. Document types are refused, so an entity cannot grow.

use std::path::Path;

use roxmltree::{Document, Node};

use super::manifest;
use super::room::Room;

/// Hands the root element of a file over; a problem becomes a notice.
pub(super) fn read<T>(room: &mut Room<'_>, path: &Path, look: impl FnOnce(Node<'_, '_>) -> T) -> Option<T> {
    let read = parse(path, look).map(|root| (root, Vec::new()));
    room.told(path, read)
}

/// Hands the root element of a file over; nothing if there is none.
///
/// # Errors
/// Why it cannot be read, in words.
pub(super) fn parse<T>(path: &Path, look: impl FnOnce(Node<'_, '_>) -> T) -> Result<Option<T>, String> {
    let Some(text) = manifest::read(path)? else { return Ok(None) };
    let document = Document::parse(&text).map_err(|error| format!("is no valid XML: {error}"))?;
    Ok(Some(look(document.root_element())))
}

/// Children with this name, whatever their namespace.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    node.children().filter(|child| child.is_element() && child.tag_name().name() == name).collect()
}

/// The elements at a path of names.
pub(super) fn all_at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Vec<Node<'a, 'i>> {
    path.iter()
        .fold(vec![node], |nodes, name| nodes.into_iter().flat_map(|node| children(node, name)).collect())
}

/// The trimmed text of the first element at a path.
pub(super) fn text_at(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    let text = all_at(node, path).first()?.text()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
