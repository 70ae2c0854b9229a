//! The streams of one connection: which exchange each is, and how far its two directions are.
//!
//! Comes in: whole header blocks, content, ends, resets and losses, by stream. Goes out: messages.
//!
//! ```text
//! direction of a stream:   Waiting ─── head ───► Open ─── END_STREAM, reset, loss, close ───► Over
//!                             └── content without a head: joined late, or lost ──►┘ (head unknown)
//! ```
//!
//! A stream is forgotten when both directions are over. Frames of streams that are over come for a while, since the
//! other side does not know yet; on a connection seen whole they are told by their numbers, which only grow. On one
//! that was joined late, or of which bytes were lost, a number that was never seen may be of a stream that is under way.

use std::collections::{BTreeMap, VecDeque};

use super::head::Block;
use crate::both::Both;
use crate::limits;
use crate::message::{Direction, End, ExchangeId, Kind, Notice};
use crate::output::{Output, Tag};
use crate::piece::{Origin, Piece};
use crate::sink::Sink;
use crate::websocket::{self, Deflate, Progress, WebSocket};

/// All streams that are not over.
pub(super) struct Streams {
    open: BTreeMap<u32, Stream>,
    next: u64,
    /// The highest numbers of streams seen, of those that the server pushes and those of the client.
    highest: [u32; 2],
    /// Streams may have begun that were not seen to.
    unclear: bool,
    /// Frames to the server are searched for, so requests may yet be found.
    searching: bool,
    /// Streams that ended, the latest last. Looked at only where numbers do not tell.
    closed: VecDeque<u32>,
    held: usize,
}

struct Stream {
    exchange: ExchangeId,
    halves: Both<Half>,
    /// What the request asked for that matters to its response.
    asked: Asked,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// CONNECT with `:protocol: websocket`.
    WebSocket,
    Other,
}

/// One direction of a stream.
struct Half {
    state: State,
    /// Bytes were lost since it began.
    lossy: bool,
    content: Content,
    held: usize,
    /// Its end was told already: that of a request which asked for a WebSocket, when it got one.
    told: bool,
}

/// What the content of a direction is read by.
enum Content {
    Body(Sink),
    Socket(Box<WebSocket>),
    /// A WebSocket after its Close frame.
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No final head was seen, nor content.
    Waiting,
    Open,
    Over,
}

/// Where a header block came from.
pub(super) struct Place {
    pub(super) direction: Direction,
    pub(super) stream: u32,
    pub(super) ends_stream: bool,
    /// The first byte of its first frame.
    pub(super) first: Origin,
    /// After its last byte.
    pub(super) here: Origin,
}

impl Streams {
    /// `whole`: of a connection seen from its first byte.
    pub(super) fn new(whole: bool) -> Self {
        Self {
            open: BTreeMap::new(),
            next: 0,
            highest: [0; 2],
            unclear: !whole,
            searching: !whole,
            closed: VecDeque::new(),
            held: 0,
        }
    }

    /// The tag of what belongs to no stream.
    pub(super) fn between(&self, direction: Direction) -> Tag {
        Tag { exchange: ExchangeId(self.next), direction, lossy: false }
    }

    /// Memory that bodies take.
    pub(super) fn held(&self) -> usize {
        self.held + self.open.len() * size_of::<(u32, Stream)>()
    }

    /// A header block, decoded.
    pub(super) fn block(&mut self, place: &Place, block: Block, out: &mut Output) {
        let Place { direction, stream: id, ends_stream, first, here } = *place;
        if !self.find(id, here, out) {
            return;
        }
        let Some(stream) = self.open.get_mut(&id) else { return };
        let half = stream.halves.of(direction);
        let is_head = match half.state {
            State::Over => return,
            State::Open => false,
            // Fields at the very end, without any that begins a head: all before them was missed.
            State::Waiting => !(ends_stream && !block.pseudo && (half.lossy || self.unclear)),
        };
        if !is_head {
            half.lossy |= half.state == State::Waiting;
            half.state = State::Open;
            let tag = stream.tag(direction);
            say_block(tag, place, &block, out);
            out.emit(tag, first, here.at, Kind::Trailers(block.into_trailers()));
        } else if let (Direction::ToClient, Some(status @ 100..=199)) = (direction, block.status()) {
            half.lossy = false;
            let tag = stream.tag(direction);
            out.notice_from(tag, first, here.at, Notice::Informational(status));
        } else {
            stream.head(place, block, out);
        }
        if ends_stream {
            self.end(id, direction, here, out);
        }
    }

    /// Content of a stream.
    pub(super) fn data(&mut self, id: u32, direction: Direction, piece: &Piece, out: &mut Output) {
        if !self.open.contains_key(&id) && !self.find(id, piece.origin(), out) {
            return;
        }
        let Self { open, held, .. } = self;
        let Some(stream) = open.get_mut(&id) else { return };
        let exchange = stream.exchange;
        let half = stream.halves.of(direction);
        match half.state {
            State::Over => return,
            State::Open => {}
            State::Waiting => {
                half.state = State::Open;
                half.lossy = true;
                half.content = Content::Body(Sink::amid(direction));
            }
        }
        let tag = Tag { exchange, direction, lossy: half.lossy };
        half.content.push(piece, tag, out);
        half.settle(held);
        if *held > limits::STREAMS_HELD_BYTES {
            half.content = Content::Body(Sink::Dropped);
            half.settle(held);
            half.lossy = true;
            out.notice(tag, piece.origin(), Notice::Limit("memory of streams"));
        }
    }

    /// A direction of a stream ended as it should.
    pub(super) fn end(&mut self, id: u32, direction: Direction, here: Origin, out: &mut Output) {
        let Some(stream) = self.open.get_mut(&id) else { return };
        stream.end(direction, End::Complete, here, out);
        if direction == Direction::ToClient && stream.halves.of(Direction::ToServer).lossy {
            // Its end is among what was lost, for it was answered.
            stream.end(Direction::ToServer, End::Lost, here, out);
        }
        self.let_go(id);
    }

    /// The sender of `direction` gave up a stream.
    pub(super) fn reset(&mut self, id: u32, direction: Direction, code: u32, here: Origin, out: &mut Output) {
        let Some(stream) = self.open.get_mut(&id) else { return };
        out.notice(stream.tag(direction), here, Notice::Reset(code));
        stream.cut(here, out);
        self.let_go(id);
    }

    /// The sender of `direction` has not seen, and will not see, streams after `last`.
    pub(super) fn go_away(
        &mut self,
        last: u32,
        direction: Direction,
        code: u32,
        here: Origin,
        out: &mut Output,
    ) {
        out.notice(self.between(direction), here, Notice::GoAway(code));
        let refused: Vec<_> = match direction {
            Direction::ToClient => self.open.range(last.saturating_add(1)..).map(|(id, _)| *id).collect(),
            // Clients refuse streams that are pushed, and nobody pushes.
            Direction::ToServer => Vec::new(),
        };
        for id in refused.into_iter().filter(|id| id % 2 == 1) {
            if let Some(stream) = self.open.get_mut(&id) {
                stream.cut(here, out);
            }
            self.let_go(id);
        }
    }

    /// The server promised to push a stream.
    pub(super) fn promise(&mut self, id: u32, here: Origin, out: &mut Output) {
        // Odd numbers are the client's (RFC 9113 §5.1.1): taken for the highest, one would hide those that follow.
        if id == 0 || id % 2 == 1 {
            out.notice(self.between(Direction::ToClient), here, Notice::Malformed("PUSH_PROMISE frame"));
            return;
        }
        self.find(id, here, out);
    }

    /// `missing` bytes of a DATA frame, `content` of them content of the stream.
    pub(super) fn lose_data(
        &mut self,
        id: u32,
        direction: Direction,
        missing: u64,
        content: u64,
        here: Origin,
        out: &mut Output,
    ) {
        if !self.find(id, here, out) {
            return;
        }
        let Self { open, held, .. } = self;
        if let Some(stream) = open.get_mut(&id) {
            stream.lose(direction, missing, content, here, out);
            stream.settle(held);
        }
    }

    /// `missing` bytes of a frame that is no content, but may belong to a stream.
    pub(super) fn lose_frame(
        &mut self,
        id: u32,
        direction: Direction,
        missing: u64,
        here: Origin,
        out: &mut Output,
    ) {
        let tag = match self.open.get_mut(&id) {
            Some(stream) => {
                stream.halves.of(direction).lossy = true;
                stream.tag(direction)
            }
            None => Tag { lossy: true, ..self.between(direction) },
        };
        out.notice(tag, here, Notice::Gap(missing));
    }

    /// Bytes are missing that may belong to any stream, known or not.
    pub(super) fn lose(&mut self, direction: Direction, missing: u64, here: Origin, out: &mut Output) {
        self.unclear = true;
        let mut said = false;
        let Self { open, held, .. } = self;
        for stream in open.values_mut() {
            // How much of it was this one's nobody knows.
            said |= stream.lose(direction, missing, u64::MAX, here, out);
            stream.settle(held);
        }
        if !said {
            out.notice(Tag { lossy: true, ..self.between(direction) }, here, Notice::Gap(missing));
        }
    }

    /// Frames of this direction make no sense any more, and none are lost.
    pub(super) fn confuse(&mut self, direction: Direction, here: Origin, why: Notice, out: &mut Output) {
        self.unclear = true;
        out.notice(self.between(direction), here, why);
        let Self { open, held, .. } = self;
        for stream in open.values_mut() {
            stream.lose(direction, 0, u64::MAX, here, out);
            stream.settle(held);
        }
    }

    /// The connection closed.
    pub(super) fn close(&mut self, ends: &Both<Origin>, out: &mut Output) {
        for mut stream in std::mem::take(&mut self.open).into_values() {
            for (direction, here) in ends.each() {
                stream.end(direction, End::Cut, *here, out);
            }
        }
        self.held = 0;
    }

    /// Whether frames to the server are searched for. As long as they are, responses may come to an end whose requests
    /// were captured and not yet found.
    pub(super) fn set_searching(&mut self, searching: bool) {
        if std::mem::replace(&mut self.searching, searching) && !searching {
            let over = self.open.iter_mut().filter_map(|(id, stream)| stream.is_over(false).then_some(*id));
            for id in over.collect::<Vec<_>>() {
                self.forget(id);
            }
        }
    }

    /// Makes sure that a stream is known. `false`: it is over.
    fn find(&mut self, id: u32, here: Origin, out: &mut Output) -> bool {
        if self.open.contains_key(&id) {
            return true;
        }
        let [pushed, asked] = &mut self.highest;
        let highest = if id.is_multiple_of(2) { pushed } else { asked };
        if id <= *highest && (!self.unclear || self.closed.contains(&id)) {
            return false;
        }
        *highest = id.max(*highest);
        if self.open.len() >= limits::STREAMS {
            self.give_up_oldest(here, out);
        }
        let exchange = ExchangeId(self.next);
        self.next += 1;
        self.open.insert(id, Stream { exchange, halves: Both::default(), asked: Asked::Other });
        true
    }

    fn give_up_oldest(&mut self, here: Origin, out: &mut Output) {
        let Some((id, stream)) = self.open.iter_mut().next() else { return };
        let id = *id;
        out.notice(stream.tag(Direction::ToClient), here, Notice::Limit("streams"));
        for direction in [Direction::ToServer, Direction::ToClient] {
            stream.end(direction, End::Lost, here, out);
        }
        self.forget(id);
    }

    /// Forgets a stream that is over, or the body of a direction that is.
    fn let_go(&mut self, id: u32) {
        let Self { open, held, searching, .. } = self;
        let Some(stream) = open.get_mut(&id) else { return };
        stream.settle(held);
        if stream.is_over(*searching) {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: u32) {
        let Some(stream) = self.open.remove(&id) else { return };
        self.held -= stream.halves.iter().map(|half| half.held).sum::<usize>();
        if self.closed.len() >= limits::CLOSED_STREAMS {
            self.closed.pop_front();
        }
        self.closed.push_back(id);
    }
}

impl Stream {
    fn tag(&mut self, direction: Direction) -> Tag {
        Tag { exchange: self.exchange, direction, lossy: self.halves.of(direction).lossy }
    }

    /// The head of a direction.
    fn head(&mut self, place: &Place, block: Block, out: &mut Output) {
        let Place { direction, first, here, .. } = *place;
        let half = self.halves.of(direction);
        half.state = State::Open;
        // A head is the first thing there is: nothing came before it.
        half.lossy = false;
        half.content = Content::Body(Sink::new(direction, &block.content));
        let unsupported = block.content.unsupported();
        let mut upgraded = None;
        let tag = self.tag(direction);
        say_block(tag, place, &block, out);
        let head = match direction {
            Direction::ToServer => {
                if block.method() == Some("CONNECT") && block.protocol.as_deref() == Some("websocket") {
                    self.asked = Asked::WebSocket;
                }
                Kind::RequestHead(block.into_request())
            }
            Direction::ToClient => {
                if self.asked == Asked::WebSocket && matches!(block.status(), Some(200..=299)) {
                    upgraded = Some(websocket::extensions(block.headers()));
                }
                Kind::ResponseHead(block.into_response())
            }
        };
        out.emit(tag, first, here.at, head);
        if let Some(extensions) = upgraded {
            out.notice(tag, here, Notice::Upgraded);
            self.upgrade(extensions, here, out);
            return;
        }
        if let Some(field) = unsupported {
            out.notice(tag, here, Notice::Unsupported(field));
        }
    }

    /// Both directions are a WebSocket from here on. As over HTTP/1, the request has ended, and the response ends with
    /// the WebSocket.
    fn upgrade(&mut self, mut extensions: Both<Option<Deflate>>, here: Origin, out: &mut Output) {
        let tag = self.tag(Direction::ToServer);
        let request = self.halves.of(Direction::ToServer);
        if request.state == State::Open && !std::mem::replace(&mut request.told, true) {
            out.end(tag, here, End::Complete);
        }
        for direction in [Direction::ToServer, Direction::ToClient] {
            let socket = WebSocket::new(extensions.of(direction).take());
            self.halves.of(direction).content = Content::Socket(Box::new(socket));
        }
    }

    fn end(&mut self, direction: Direction, end: End, here: Origin, out: &mut Output) {
        let tag = self.tag(direction);
        let half = self.halves.of(direction);
        let state = std::mem::replace(&mut half.state, State::Over);
        match (state, direction) {
            (State::Over, _) => {}
            // Of a request that was not seen nothing ends.
            (State::Waiting, Direction::ToServer) => {}
            (State::Waiting, Direction::ToClient) => out.end(tag, here, end),
            (State::Open, _) => {
                let content = std::mem::replace(&mut half.content, Content::Body(Sink::Dropped));
                let end = content.finish(end, tag, out);
                if !half.told {
                    out.end(tag, here, end);
                }
            }
        }
    }

    /// Neither direction goes on.
    fn cut(&mut self, here: Origin, out: &mut Output) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            self.end(direction, End::Cut, here, out);
        }
    }

    /// Bytes of a direction are missing: so many that it is worth saying, and so many of its content. Whether that was
    /// said.
    fn lose(
        &mut self,
        direction: Direction,
        missing: u64,
        content: u64,
        here: Origin,
        out: &mut Output,
    ) -> bool {
        let exchange = self.exchange;
        let half = self.halves.of(direction);
        match half.state {
            State::Over => return false,
            State::Waiting => half.lossy = true,
            State::Open => {
                half.lossy = true;
                half.content.gap(content);
            }
        }
        if missing > 0 {
            out.notice(Tag { exchange, direction, lossy: true }, here, Notice::Gap(missing));
        }
        true
    }

    /// Counts anew what its bodies take, in what those of all streams do.
    fn settle(&mut self, all: &mut usize) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            self.halves.of(direction).settle(all);
        }
    }

    /// The response is over, and the request is, or was never seen and, unless `searching`, will not be.
    fn is_over(&mut self, searching: bool) -> bool {
        let [request, response] =
            [Direction::ToServer, Direction::ToClient].map(|way| self.halves.of(way).state);
        let request_over = match request {
            State::Waiting => !searching,
            State::Open => self.halves.of(Direction::ToServer).told,
            State::Over => true,
        };
        response == State::Over && request_over
    }
}

impl Half {
    /// Counts anew what its content takes, in what that of all streams does.
    fn settle(&mut self, all: &mut usize) {
        let now = self.content.held();
        *all = *all + now - self.held;
        self.held = now;
    }
}

impl Default for Half {
    fn default() -> Self {
        let content = Content::Body(Sink::Raw);
        Self { state: State::Waiting, lossy: false, content, held: 0, told: false }
    }
}

impl Content {
    fn push(&mut self, piece: &Piece, tag: Tag, out: &mut Output) {
        match self {
            Self::Body(sink) => sink.push(piece, tag, out),
            Self::Socket(socket) => match socket.push(&mut piece.clone(), tag, out) {
                Progress::More => {}
                Progress::Closed => *self = Self::Closed,
                Progress::Lost(why) => {
                    if let Some((notice, first)) = why {
                        out.notice_from(tag, first, piece.at, notice);
                    }
                    *self = Self::Body(Sink::Dropped);
                }
            },
            Self::Closed => {}
        }
    }

    /// `missing` bytes were lost.
    fn gap(&mut self, missing: u64) {
        match self {
            Self::Body(sink) => sink.gap(missing),
            Self::Socket(socket) => match socket.gap(missing) {
                Progress::More => {}
                Progress::Closed => *self = Self::Closed,
                Progress::Lost(_) => *self = Self::Body(Sink::Dropped),
            },
            Self::Closed => {}
        }
    }

    /// No more comes. Gives how this ends, which a WebSocket says itself.
    fn finish(self, end: End, tag: Tag, out: &mut Output) -> End {
        match self {
            Self::Body(Sink::Dropped) => End::Lost,
            Self::Body(mut sink) => {
                sink.finish(end, tag, out);
                end
            }
            Self::Socket(_) => End::Cut,
            Self::Closed => End::Complete,
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Body(sink) => sink.held(),
            Self::Socket(socket) => socket.held(),
            Self::Closed => 0,
        }
    }
}

/// What is odd about a block.
fn say_block(tag: Tag, place: &Place, block: &Block, out: &mut Output) {
    let Place { first, here, .. } = *place;
    if block.malformed {
        out.notice_from(tag, first, here.at, Notice::Malformed("header field"));
    }
    if block.many {
        out.notice_from(tag, first, here.at, Notice::Limit("header fields"));
    }
}
