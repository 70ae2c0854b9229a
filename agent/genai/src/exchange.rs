//! One exchange, from its first message to its [`Call`].
//!
//! Comes in: the messages of one [`wire::ExchangeId`]. Goes out: at most one [`Call`], at the first of: the provider's
//! own end mark, the end of the response, the end of everything. What comes after that is passed over.
//!
//! ```text
//!          path names an API             ends
//!  New ────────────────────────→ Call ──────────→ Over
//!   │                             ▲                ▲
//!   ├─ a POST elsewhere, or no ─→ Open ── claimed ─┤ (a call, if the response does not contradict)
//!   │  request head at all         └── no claim ──→ Foreign
//!   └─ anything else ─────────────────────────────→ Foreign
//! ```
//!
//! An exchange that becomes a WebSocket has many calls, each of which is an exchange of its own: see `session`. What an
//! exchange is taken for is in `recognition`, and the call that it gives in `ending`.

mod ending;
mod recognition;
mod session;

use wire::{Direction, End, GrpcMessage, Kind, Message, Notice, Protocol, Time, WebSocketMessage};

use self::ending::{Ending, Reset};
use self::session::{Crossed, Session};

use crate::call::{Call, Http, Provider, Stream, Times};
use crate::digest::{Digester, Key};
use crate::headers::{RequestFacts, ResponseFacts};
use crate::provider::{Claim, Event, Flavour, Item, Reader, Side};
use crate::settings::Settings;

/// One exchange that may be a call.
#[derive(Debug)]
pub(crate) struct Exchange {
    standing: Standing,
    /// Who reads: the one that was recognised, or all that may yet claim it.
    readers: Vec<Candidate>,
    http: Option<Http>,
    times: Times,
    stream: Option<Stream>,
    last_content: Option<Time>,
    /// Whose host it goes to.
    owner: Option<Provider>,
    /// The request body.
    body: Digester,
    key: Key,
    asked: RequestFacts,
    answered: ResponseFacts,
    lossy_request: bool,
    lossy_response: bool,
    lost_bytes: u64,
    /// The response is in a coding that nobody has undone: its head and its times are all that it tells.
    opaque: bool,
    joined_late: bool,
    /// Its request's method or path is not known.
    headless: bool,
    unknown_shape: u32,
    /// Who gave up its stream before it was over.
    reset: Option<Reset>,
    /// Its head says that it is of a protocol that calls are made in, whatever is in it.
    expected: bool,
    /// It asks for a WebSocket on which calls can be made, or has got it.
    session: Option<Box<Session>>,
    request_over: bool,
    response_over: bool,
}

/// What an exchange is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing but notices was seen.
    New,
    /// It may be a call of any API.
    Open,
    /// It is a call; `by_body` where only the shape of its request says so.
    Call { provider: Provider, by_body: bool },
    /// It is a WebSocket on which calls can be made.
    Session,
    /// It is none.
    Foreign(Bearing),
    /// It was a call that has been given out.
    Over,
}

/// What an exchange that is no call says about its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearing {
    /// Calls may come: it went to a provider, to some model API, or through a proxy.
    Expect,
    /// Nothing: it was not seen whole.
    Unclear,
    /// It is one more exchange that has nothing to do with models.
    Foreign,
}

struct Candidate {
    flavour: &'static Flavour,
    reader: Box<dyn Reader>,
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.reader.fmt(f)
    }
}
impl Exchange {
    pub(crate) fn new(key: Key) -> Self {
        Self {
            standing: Standing::New,
            readers: Vec::new(),
            http: None,
            times: Times::default(),
            stream: None,
            last_content: None,
            owner: None,
            body: Digester::new(key),
            key,
            asked: RequestFacts::default(),
            answered: ResponseFacts::default(),
            lossy_request: false,
            lossy_response: false,
            lost_bytes: 0,
            opaque: false,
            joined_late: false,
            headless: false,
            unknown_shape: 0,
            reset: None,
            expected: false,
            session: None,
            request_over: false,
            response_over: false,
        }
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Both directions are finished, and nothing of it will come any more. Of a request that was joined late the end
    /// may have passed before.
    pub(crate) fn is_gone(&self) -> bool {
        self.response_over && (self.request_over || self.joined_late)
    }

    fn lossy(&self) -> bool {
        self.lossy_request || self.lossy_response
    }

    /// Takes the next message; the call, if the message ends it.
    pub(crate) fn push(&mut self, message: Message, settings: &Settings) -> Option<Call> {
        let Message { exchange: _, direction, first_at, at, offset: _, lossy, kind } = message;
        if let Kind::End(_) = kind {
            match direction {
                Direction::ToServer => self.request_over = true,
                Direction::ToClient => self.response_over = true,
            }
        }
        match self.standing {
            Standing::Session => {
                self.in_session(kind, &Crossed { direction, first_at, at, lossy });
                return None;
            }
            // It may become one.
            Standing::Foreign(_) if self.session.is_some() => {}
            Standing::Over | Standing::Foreign(_) => return None,
            Standing::New | Standing::Open | Standing::Call { .. } => {}
        }
        let known = match direction {
            Direction::ToServer => self.lossy_request,
            Direction::ToClient => self.lossy_response,
        };
        if lossy && !known {
            self.lose(direction, 0);
        }
        match (direction, kind) {
            (_, Kind::Notice(notice)) => {
                self.notice(direction, notice);
                None
            }
            (_, Kind::RequestHead(head)) => {
                self.forget_what_came_before(lossy);
                self.request_head(&head, first_at, settings);
                None
            }
            (_, Kind::ResponseHead(head)) => {
                // Bytes that were passed over before the first head that was found are nobody's.
                self.lossy_response &= lossy || self.standing != Standing::New;
                self.response_head(head, first_at);
                None
            }
            (Direction::ToServer, Kind::Body(bytes)) => {
                self.join_late();
                self.request_body(&bytes);
                None
            }
            (Direction::ToServer, Kind::End(end)) => {
                self.request_end(end, at);
                None
            }
            (Direction::ToClient, Kind::Body(bytes)) => {
                self.arrived(bytes.len(), first_at);
                self.readers.iter_mut().for_each(|candidate| candidate.reader.response(&bytes));
                None
            }
            (Direction::ToClient, Kind::Sse(event)) => self.item(&Item::Sse(&event), first_at, at),
            (Direction::ToClient, Kind::Json(item)) => self.item(&Item::Json(&item), first_at, at),
            (Direction::ToClient, Kind::Frame(frame)) => self.item(&Item::Frame(&frame), first_at, at),
            // No API that is read here answers in these yet: they are bytes that came.
            (Direction::ToClient, Kind::Grpc(GrpcMessage { data, .. }))
            | (Direction::ToClient, Kind::WebSocket(WebSocketMessage { data, .. })) => {
                self.arrived(data.len(), first_at);
                None
            }
            (
                Direction::ToServer,
                Kind::Sse(_) | Kind::Json(_) | Kind::Frame(_) | Kind::Grpc(_) | Kind::WebSocket(_),
            )
            | (_, Kind::Trailers(_)) => None,
            (Direction::ToClient, Kind::End(end)) => {
                self.lossy_response |= end == End::Lost;
                self.end(Ending::Response(end), at)
            }
        }
    }

    /// Nothing more will come: the connection is closed, or we stop looking.
    pub(crate) fn finish(&mut self, at: Time, closed: bool) -> Option<Call> {
        let ending = if closed { Ending::Closed } else { Ending::GivenUp };
        if self.standing == Standing::Session {
            self.end_session(ending, at);
            return None;
        }
        self.end(ending, at)
    }

    /// The next call of its WebSocket that is over.
    pub(crate) fn poll_session(&mut self) -> Option<Call> {
        self.session.as_mut()?.poll()
    }

    /// A message of a WebSocket, or about it.
    fn in_session(&mut self, kind: Kind, crossed: &Crossed) {
        // What it reads of the exchange itself does not change any more.
        let Some(mut session) = self.session.take() else {
            return;
        };
        let mut ending = None;
        match (crossed.direction, kind) {
            (_, Kind::WebSocket(message)) => session.message(self, message, crossed),
            (direction, Kind::Notice(notice)) => session.notice(direction, notice),
            (Direction::ToClient, Kind::End(End::Lost)) => ending = Some(Ending::Response(End::Lost)),
            // The end of the WebSocket is not that of an answer.
            (Direction::ToClient, Kind::End(End::Complete | End::Closed | End::Cut)) => {
                ending = Some(Ending::Closed);
            }
            // The request's, or nothing that a WebSocket has.
            (Direction::ToServer, Kind::End(_))
            | (
                _,
                Kind::RequestHead(_)
                | Kind::ResponseHead(_)
                | Kind::Body(_)
                | Kind::Sse(_)
                | Kind::Json(_)
                | Kind::Frame(_)
                | Kind::Grpc(_)
                | Kind::Trailers(_),
            ) => {}
        }
        self.session = Some(session);
        if let Some(ending) = ending {
            self.end_session(ending, crossed.at);
        }
    }

    fn end_session(&mut self, ending: Ending, at: Time) {
        let Some(session) = &mut self.session else {
            return;
        };
        session.finish(ending, at);
        if session.has_called() {
            self.standing = Standing::Over;
        } else {
            self.foreign();
        }
    }

    /// Notices about bytes of no exchange come with the id of the next one. A head that is whole has lost nothing.
    fn forget_what_came_before(&mut self, lossy: bool) {
        if !lossy {
            let Self { request_over, response_over, key, .. } = *self;
            *self = Self { request_over, response_over, ..Self::new(key) };
        }
    }

    fn notice(&mut self, direction: Direction, notice: Notice) {
        match notice {
            Notice::Gap(bytes) => self.lose(direction, bytes),
            Notice::Malformed(_) | Notice::Limit(_) => self.unknown_shape += 1,
            Notice::Unsupported(_) => {
                self.unknown_shape += 1;
                self.opaque |= direction == Direction::ToClient;
                self.unread(direction);
            }
            Notice::Upgraded if self.session.is_some() => self.standing = Standing::Session,
            // What was passed over belonged to nobody; what it cost, `lossy` tells.
            Notice::Resync(_) | Notice::Informational(_) | Notice::Upgraded | Notice::GoAway(_) => {}
            // The first one ended it.
            Notice::Reset(code) => {
                self.reset.get_or_insert(Reset::by(direction, code));
            }
        }
    }

    fn lose(&mut self, direction: Direction, bytes: u64) {
        self.lost_bytes = self.lost_bytes.saturating_add(bytes);
        match direction {
            Direction::ToServer => self.lossy_request = true,
            Direction::ToClient => {
                self.lossy_response = true;
                // An interval across a hole is no interval between two events that followed each other.
                self.last_content = None;
            }
        }
        self.unread(direction);
    }

    /// What follows in a body is not its continuation.
    fn unread(&mut self, direction: Direction) {
        let side = match direction {
            Direction::ToServer => Side::Request,
            Direction::ToClient => Side::Response,
        };
        self.readers.iter_mut().for_each(|candidate| candidate.reader.lost(side));
    }

    /// So many bytes of the response came.
    fn arrived(&mut self, bytes: usize, first_at: Time) {
        self.join_late();
        self.times.response_first_byte.get_or_insert(first_at);
        // Only a stream of HTTP/2 has content that can be told without a head.
        let http = self.http.get_or_insert_with(|| blank(Protocol::Http2));
        http.response_bytes += bytes as u64;
    }

    fn item(&mut self, item: &Item<'_>, first_at: Time, at: Time) -> Option<Call> {
        self.arrived(item.data().len(), first_at);
        // In an open exchange whose reader it is has the word, and before that is told whoever understands the item best.
        let mut says = Event::Silent;
        let mut told = false;
        for Candidate { reader, .. } in &mut self.readers {
            let word = reader.event(item);
            if told {
                continue;
            }
            told = reader.claims(Side::Response) == Claim::Yes;
            says = if told { word } else { says.max(word) };
        }
        if says == Event::Done {
            return self.end(Ending::Told, at);
        }
        self.unknown_shape += u32::from(item.is_truncated());
        self.times.first_chunk.get_or_insert(at);
        let stream = self.stream.get_or_insert_default();
        stream.chunks += 1;
        match says {
            Event::Content => {}
            Event::Text => {
                self.times.first_text.get_or_insert(at);
            }
            Event::Silent | Event::Done => return None,
        }
        self.times.first_token.get_or_insert(at);
        self.times.last_token = Some(at);
        stream.content_chunks += 1;
        if let Some(before) = self.last_content.replace(at) {
            stream.coalesced += u64::from(before == at);
            stream.passed(at.since(before));
        }
        None
    }
}

impl Candidate {
    fn new(flavour: &'static Flavour, key: Key) -> Self {
        Self { flavour, reader: (flavour.reader)(key) }
    }
}

fn blank(protocol: Protocol) -> Http {
    Http {
        protocol,
        host: None,
        path: String::new(),
        status: None,
        request_id: None,
        traceparent: None,
        user_agent: None,
        request_bytes: 0,
        response_bytes: 0,
    }
}
