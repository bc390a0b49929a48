//! The predecessor's `.brum.toml`: settings of its own parts, no process. Each is told where it went.
//!
//! Pure: no files, no environment, no clock.

use super::draft::Draft;
use super::field::{Field, Notes};

/// Said at the top of what is made of it.
pub(super) const HEAD: [&str; 4] = [
    "It declared no process: what can be run is detected (`brummerctl scripts`).",
    "To change one, declare it by its name:",
    "  [processes.dev]",
    "  env = { PORT = \"3000\" }",
];

pub(super) fn drafts(root: &Field<'_>, notes: &mut Notes) -> Vec<Draft> {
    for field in root.fields(notes) {
        match field.key() {
            "preferred_package_manager" => field.leave(
                notes,
                "the package manager is told by `packageManager` of package.json, or by the lock file",
            ),
            "mcp_port" | "no_mcp" => {
                field.leave(
                    notes,
                    "MCP is not built into this version; its port will be the user configuration's",
                );
            }
            "proxy_port" | "proxy_mode" | "proxy_url" | "standard_proxy" | "no_proxy" => field.leave(
                notes,
                "the proxy is not built into this version; its settings will be the user configuration's",
            ),
            "use_robust_networking" => field.leave(notes, "needs no setting: a client resumes where it was"),
            "ai_coders" => field.leave(notes, "AI coders are not built into this version"),
            _ => field.leave(notes, "is not known; left out"),
        }
    }
    Vec::new()
}
