//! A request that may have no body, against what its head says (RFC 9110 §10.1.1).
//!
//! A client that sent `Expect: 100-continue` waits before it sends the body. When the final response comes instead of a
//! 100 and is no success, it may leave the body out: then the next request follows the head. Or it waited long enough
//! and sends the body all the same. Only the next bytes tell.
//!
//! Comes in: those bytes. Goes out: the body goes on, or it ends as [`End::Cut`] and they are the next request.

use super::body::BodyReader;
use super::head::HeadBuffer;
use super::search;
use super::start_line::Fit;
use super::{Awaited, H1, State};
use crate::limits;
use crate::message::{Direction, End, ExchangeId, Time};
use crate::output::Output;
use crate::piece::{Carry, Origin, Piece};

/// A body of which nobody knows whether it comes.
pub(super) struct Doubt {
    pub(super) body: BodyReader,
    /// Bytes that may be the next request's.
    window: Carry,
}

impl Doubt {
    pub(super) fn held(&self) -> usize {
        self.window.held() + self.body.held()
    }

    /// What came is the body. Said at `at`, when that became known.
    fn into_body(mut self, rest: Option<&Piece>, at: Time) -> (BodyReader, Piece) {
        let Origin { offset, .. } = self.window.origin(0);
        if let Some(rest) = rest {
            self.window.push(&rest.bytes, rest.origin());
        }
        (self.body, Piece { bytes: self.window.into_bytes(), offset, at, decoded: false })
    }
}

impl H1 {
    /// The final response of an exchange came, and is no success.
    pub(super) fn doubt_body(&mut self, exchange: ExchangeId) {
        let lane = self.lanes.of(Direction::ToServer);
        lane.state = match std::mem::replace(&mut lane.state, State::Off) {
            State::Body(body) if body.tag.exchange == exchange && body.expects => {
                State::Doubt(Doubt { body, window: Carry::default() })
            }
            state @ (State::Head(_)
            | State::Body(_)
            | State::Doubt(_)
            | State::Search(_)
            | State::Held(_)
            | State::WebSocket(_)
            | State::Off) => state,
        };
    }

    /// The server said 100, so the body comes.
    pub(super) fn expect_body(&mut self) {
        if let State::Body(body) = &mut self.lanes.of(Direction::ToServer).state {
            body.expects = false;
        }
    }

    pub(super) fn in_doubt(&mut self, mut doubt: Doubt, piece: &mut Piece, out: &mut Output) -> State {
        let before = doubt.window.len();
        doubt.window.push(piece.peek(limits::START_LINE_BYTES), piece.origin());
        match search::begins_request(doubt.window.bytes()) {
            // What is judged within START_LINE_BYTES is not longer, so all of the piece is in the window.
            Fit::More => {
                piece.clear();
                State::Doubt(doubt)
            }
            Fit::Yes(_) => {
                let Doubt { body, mut window } = doubt;
                let Origin { offset, .. } = window.origin(0);
                body.finish(End::Cut, Origin { offset, at: piece.at }, out);
                window.truncate(before);
                if window.is_empty() {
                    State::awaiting_head()
                } else {
                    State::Head(Awaited { buffer: HeadBuffer::resumed(window), resync: None })
                }
            }
            Fit::No if before == 0 => State::Body(doubt.body),
            Fit::No => {
                doubt.window.truncate(before);
                let (body, whole) = doubt.into_body(Some(piece), piece.at);
                *piece = whole;
                State::Body(body)
            }
        }
    }

    /// No more bytes come to tell: what came is the body.
    pub(super) fn settle_doubt(&mut self, at: Time, out: &mut Output) {
        let lane = self.lanes.of(Direction::ToServer);
        match std::mem::replace(&mut lane.state, State::Off) {
            State::Doubt(doubt) => {
                let (body, piece) = doubt.into_body(None, at);
                lane.state = State::Body(body);
                if !piece.is_empty() {
                    self.push(Direction::ToServer, piece, out);
                }
            }
            state @ (State::Head(_)
            | State::Body(_)
            | State::Search(_)
            | State::Held(_)
            | State::WebSocket(_)
            | State::Off) => lane.state = state,
        }
    }
}
