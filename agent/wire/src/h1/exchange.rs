//! What a whole head means for its exchange and its lane.
//!
//! Comes in: the bytes of a head. Goes out: its messages, and what the lane waits for next. This is where an exchange
//! gets its number, a response its request, and a body its framing and sink.

use super::body::BodyReader;
use super::framing::{self, Body};
use super::head::{self, Facts, RawHead, Transfer};
use super::pairing::{Answered, Asked};
use super::search::Search;
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
        let asked = Asked::of(&head.method);
        let tag = Tag { exchange: self.pairing.open(), direction, lossy: false };
        let body = framing::of_request(&facts, asked);
        say_head(tag, raw, awaited.resync, here, Kind::RequestHead(head), &facts, out);
        if let Some(oldest) = self.pairing.wait(tag.exchange, asked) {
            let tag = Tag { exchange: oldest.exchange, direction: Direction::ToClient, lossy: oldest.lossy };
            out.notice(tag, here, Notice::Limit("waiting requests"));
            out.end(tag, here, End::Lost);
        }
        self.start_body(tag, body, Sink::Raw, &facts, here, out)
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
        let status = head.status;
        if matches!(status, 100 | 102..=199) {
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
        say_head(tag, raw, awaited.resync, here, Kind::ResponseHead(head), &facts, out);
        if status == 101 || asked == Some(Asked::Connect) && matches!(status, 200..=299) {
            out.notice(tag, here, Notice::Upgraded);
            out.end(tag, here, End::Complete);
            self.leave(here.at, out);
            return State::Off;
        }
        let sink = if facts.event_stream && !facts.is_coded() { Sink::events() } else { Sink::Raw };
        self.start_body(tag, framing::of_response(&facts, status, asked), sink, &facts, here, out)
    }

    fn start_body(
        &mut self,
        tag: Tag,
        body: Body,
        sink: Sink,
        facts: &Facts,
        here: Origin,
        out: &mut Output,
    ) -> State {
        match body {
            Body::Absent => {
                out.end(tag, here, End::Complete);
                State::awaiting_head()
            }
            Body::Present(framing) => {
                if facts.content_coded {
                    out.notice(tag, here, Notice::Unsupported("content-encoding"));
                }
                if facts.transfer_coded() {
                    out.notice(tag, here, Notice::Unsupported("transfer-encoding"));
                }
                State::Body(BodyReader::new(tag, framing, sink))
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
        if let State::Body(body) = std::mem::replace(&mut lane.state, State::Off) {
            body.finish(End::Cut, here, out);
        }
        self.give_up_waiting(at, out);
    }
}

impl Facts {
    fn transfer_coded(&self) -> bool {
        match self.transfer {
            Transfer::Absent | Transfer::Chunked => false,
            Transfer::CodedChunked | Transfer::Coded => true,
        }
    }

    fn is_coded(&self) -> bool {
        self.content_coded || self.transfer_coded()
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
