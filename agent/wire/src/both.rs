//! One of something for each direction.

use crate::message::Direction;

/// A value for either direction.
#[derive(Default)]
pub(crate) struct Both<T> {
    to_server: T,
    to_client: T,
}

impl<T> Both<T> {
    pub(crate) fn new(to_server: T, to_client: T) -> Self {
        Self { to_server, to_client }
    }

    pub(crate) fn of(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }

    /// Both, each with its direction.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Direction, &T)> {
        [(Direction::ToServer, &self.to_server), (Direction::ToClient, &self.to_client)].into_iter()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.to_server, &self.to_client].into_iter()
    }
}
