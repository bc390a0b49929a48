//! A set of topics.
//!
//! Pure: bits.

use brummer_event::Topic;

/// Which topics a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TopicSet(u16);

impl TopicSet {
    pub const fn none() -> Self {
        Self(0)
    }

    pub const fn all() -> Self {
        Self(u16::MAX)
    }

    pub const fn of(topic: Topic) -> Self {
        Self(1 << topic as u16)
    }

    #[must_use]
    pub const fn with(self, topic: Topic) -> Self {
        Self(self.0 | Self::of(topic).0)
    }

    pub const fn has(self, topic: Topic) -> bool {
        self.0 & Self::of(topic).0 != 0
    }
}

impl FromIterator<Topic> for TopicSet {
    fn from_iter<I: IntoIterator<Item = Topic>>(topics: I) -> Self {
        topics.into_iter().fold(Self::none(), Self::with)
    }
}
