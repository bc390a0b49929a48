//! Names: whatever text is mapped, a name comes out; what is close is found.
#![no_main]

use brummer_projects::names::{self, Named};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let name = names::map(text, Named::Script);
    assert!(names::is_valid(&name), "{text:?}: {name:?}");
    assert_eq!(names::map(&name, Named::Script), name, "{text:?}");
    assert_eq!(names::is_valid(text), names::fault(text).is_none());
    let other = names::unique(&name, |taken| taken == name);
    assert!(names::is_valid(&other) && other != name, "{name:?}: {other:?}");
    let _ = names::nearest(text, ["dev", "build", &name, text]);
    let _ = (names::without_npm_scope(text), names::with_npm_scope(text));
});
