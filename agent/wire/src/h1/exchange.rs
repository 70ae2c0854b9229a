//! What a whole head means for its exchange and its lane.
//!
//! Comes in: the bytes of a head. Goes out: its messages, and what the lane waits for next. This is where an exchange
//! gets its number, a response its request, and a body its framing and sink.

use super::body::BodyReader;
use super::doubt::Doubt;
use super::framing::{self, Body};
use super::head::{self, Facts, RawHead};
use super::pairing::{Answered, Asked};
use super::search::Search;
use super::upgrade::{self, Hold};
use super::{Awaited, H1, State};
use crate::message::{Direction, End, Kind, Notice, Time};
use crate::output::{Output, Tag};
use crate::piece::Origin;
use crate::sink::Sink;

impl H1 {
    /// A request's head is whole; `here` is what follows it.
    pub(super) fn on_request(
        &mut self,
        raw: &RawHead,
        awaited: &Awaited,
        here: Origin,
        out: &mut Output,
    ) -> State {
        let direction = Direction::ToServer;
        let Some((head, facts)) = head::request(raw) else {
            out.notice_from(self.between(direction), raw.first, here.at, Notice::Malformed("request head"));
            return State::Search(Search::after(awaited.passed(raw.len())));
        };
        self.believed = true;
        let asked = Asked::of(head.method.as_deref().unwrap_or_default(), &facts);
        let tag = Tag { exchange: self.pairing.open(), direction, lossy: false };
        let body = framing::of_request(&facts, asked);
        say_head(tag, raw, awaited.resync, here, Kind::RequestHead(head), &facts, out);
        if let Some(oldest) = self.pairing.wait(tag.exchange, asked) {
            let tag = Tag { exchange: oldest.exchange, direction: Direction::ToClient, lossy: oldest.lossy };
            out.notice(tag, here, Notice::Limit("waiting requests"));
            out.end(tag, here, End::Lost);
        }
        let state = self.start_body(tag, body, &facts, here, out);
        let held = asked == Asked::WebSocket && matches!(state, State::Head(_));
        if held { State::Held(Hold::new(here.offset)) } else { state }
    }

    /// A response's head is whole; `here` is what follows it.
    pub(super) fn on_response(
        &mut self,
        raw: &RawHead,
        awaited: &Awaited,
        here: Origin,
        out: &mut Output,
    ) -> State {
        let direction = Direction::ToClient;
        let Some((head, facts)) = head::response(raw) else {
            out.notice_from(self.between(direction), raw.first, here.at, Notice::Malformed("response head"));
            self.lose_responses(direction);
            return State::Search(Search::after(awaited.passed(raw.len())));
        };
        self.believed = true;
        let status = head.status.unwrap_or_default();
        if matches!(status, 100 | 102..=199) {
            if status == 100 {
                self.expect_body();
            }
            let tag = self.between(direction);
            say_resync(tag, raw.first, here.at, awaited.resync, out);
            out.notice_from(tag, raw.first, here.at, Notice::Informational(status));
            return State::awaiting_head();
        }
        let Answered { exchange, request, lost } = self.pairing.answer();
        for waiting in lost {
            let tag = Tag { exchange: waiting.exchange, direction, lossy: true };
            out.end(tag, here, End::Lost);
        }
        let tag = Tag { exchange, direction, lossy: request.is_some_and(|request| request.lossy) };
        let asked = request.map(|request| request.asked);
        let headers = upgrade::to_websocket(&facts, asked).then(|| head.headers.clone());
        say_head(tag, raw, awaited.resync, here, Kind::ResponseHead(head), &facts, out);
        if let Some(headers) = headers.filter(|_| status == 101) {
            out.notice(tag, here, Notice::Upgraded);
            return self.take_over(tag, &headers, asked, here, out);
        }
        if status == 101 || asked == Some(Asked::Connect) && matches!(status, 200..=299) {
            out.notice(tag, here, Notice::Upgraded);
            out.end(tag, here, End::Complete);
            self.leave(here.at, out);
            return State::Off;
        }
        self.release(out);
        if status >= 300 {
            self.doubt_body(exchange);
        }
        self.start_body(tag, framing::of_response(&facts, status, asked), &facts, here, out)
    }

    fn start_body(&mut self, tag: Tag, body: Body, facts: &Facts, here: Origin, out: &mut Output) -> State {
        match body {
            Body::Absent => {
                out.end(tag, here, End::Complete);
                State::awaiting_head()
            }
            Body::Present(framing) => {
                if let Some(field) = facts.content.unsupported() {
                    out.notice(tag, here, Notice::Unsupported(field));
                }
                let sink = Sink::new(tag.direction, &facts.content);
                State::Body(BodyReader::new(tag, framing, sink, facts.expects))
            }
            Body::Unknown(what) => {
                out.notice(tag, here, Notice::Malformed(what));
                out.end(tag, here, End::Lost);
                self.lose_responses(tag.direction);
                State::Search(Search::new(true))
            }
        }
    }

    /// HTTP ends here.
    fn leave(&mut self, at: Time, out: &mut Output) {
        let lane = self.lanes.of(Direction::ToServer);
        let here = Origin { offset: lane.end, at };
        match std::mem::replace(&mut lane.state, State::Off) {
            State::Body(body) | State::Doubt(Doubt { body, .. }) => body.finish(End::Cut, here, out),
            State::Head(_) | State::Search(_) | State::Held(_) | State::WebSocket(_) | State::Off => {}
        }
        self.give_up_waiting(at, out);
    }
}

/// A head, with what there is to say about it.
fn say_head(
    tag: Tag,
    raw: &RawHead,
    resync: Option<u64>,
    here: Origin,
    head: Kind,
    facts: &Facts,
    out: &mut Output,
) {
    say_resync(tag, raw.first, here.at, resync, out);
    out.emit(tag, raw.first, here.at, head);
    if facts.bad_fields {
        out.notice_from(tag, raw.first, here.at, Notice::Malformed("header field"));
    }
    if facts.many_fields {
        out.notice_from(tag, raw.first, here.at, Notice::Limit("header fields"));
    }
}

fn say_resync(tag: Tag, first: Origin, at: Time, resync: Option<u64>, out: &mut Output) {
    if let Some(passed) = resync {
        out.notice_from(tag, first, at, Notice::Resync(passed));
    }
}
