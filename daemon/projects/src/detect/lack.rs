//! What a script lacks: why it cannot run here, or not as it is. Pure.

/// What is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// A program that is neither on the PATH nor installed by the project.
    Program(String),
    /// An argument that it must be given.
    Argument(String),
    /// It is for another system alone.
    System(&'static str),
    /// What only another tool has, as `${file}` of an editor; the tool is told.
    Foreign { what: String, tool: &'static str },
}

impl Lack {
    /// In a word or two, for a column.
    pub fn what(&self) -> String {
        match self {
            Self::Program(name) => name.clone(),
            Self::Argument(name) => format!("argument {name}"),
            Self::System(name) => (*name).to_owned(),
            Self::Foreign { what, .. } => what.clone(),
        }
    }

    /// In words that follow the script's name.
    pub fn reason(&self) -> String {
        match self {
            Self::Program(path) if path.contains('/') => format!("needs {path}, which is not there"),
            Self::Program(name) => format!("needs {name}, which is not on the PATH"),
            Self::Argument(name) => format!("needs to be given {name}"),
            Self::System(name) => format!("is for {name} only"),
            Self::Foreign { what, tool } => format!("needs {what}, which only {tool} has"),
        }
    }

    /// Why no run of it can be begun, in words that follow `it`; a program may still come, and a tool says
    /// best what it misses.
    pub(crate) fn forbids(&self) -> Option<String> {
        matches!(self, Self::Foreign { .. } | Self::System(_)).then(|| self.reason())
    }

    /// Whether it lacks nothing once it is given these.
    pub fn is_met_by(&self, arguments: &[String]) -> bool {
        matches!(self, Self::Argument(_)) && !arguments.is_empty()
    }
}
