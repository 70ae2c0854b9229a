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
//! An exchange that becomes a WebSocket has many calls, each of which is an exchange of its own: see `session`.

mod session;

use wire::{
    Direction, End, GrpcMessage, Kind, Message, Notice, Protocol, RequestHead, ResponseHead, Time,
    WebSocketMessage,
};

use self::session::{Crossed, Session};

use crate::call::{Api, Beside, Call, Failure, Http, KnownBy, Outcome, Provider, Stream, Times, Usage};
use crate::digest::{Digester, Key};
use crate::headers::{
    self, EngineState, Gateway, GatewayKind, RateLimits, RequestFacts, ResponseFacts, ToldTimes,
};
use crate::limits;
use crate::price::Cost;
use crate::provider::{Claim, Event, FLAVOURS, Findings, Flavour, Item, ProviderError, Reader, Side, is_mcp};
use crate::recognise::{Authority, Guess, by_head, owner, socket, split_target};
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

/// A stream that was given up (RFC 9113, section 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reset {
    /// By the process, which wanted no more.
    Cancelled,
    /// By the server, or by the process because of an error.
    Broken,
}

/// Why an exchange is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The provider said so.
    Told,
    /// The response ended.
    Response(End),
    /// The connection closed.
    Closed,
    /// We stopped looking.
    GivenUp,
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

    fn request_head(&mut self, head: &RequestHead, first_at: Time, settings: &Settings) {
        let RequestHead { method, target, protocol, headers, partial } = head;
        let method = method.as_deref().unwrap_or_default();
        // What is not known does not begin like any path, and says as little.
        let (authority, path) = split_target(target.as_deref().unwrap_or_default());
        let host = headers.get("host").or_else(|| headers.get(":authority")).or(authority);
        // A head that was compressed against bytes that nobody saw: the body must tell.
        self.headless = *partial && (method.is_empty() || path.is_empty());
        let authority_of_host = host.map(Authority::parse);
        self.owner = authority_of_host.and_then(|authority| owner(authority, settings)).map(Provider::host);
        let guess = if self.headless { Guess::Body } else { by_head(method, path, self.owner.is_some()) };
        self.readers = match &guess {
            Guess::Call(flavour) => vec![Candidate::new(flavour, self.key)],
            Guess::Body => self.everybody(),
            Guess::ModelTraffic | Guess::Foreign => Vec::new(),
        };
        self.readers.iter_mut().for_each(|candidate| candidate.reader.head(path, headers));
        self.standing = match guess {
            Guess::Call(flavour) => {
                Standing::Call { provider: self.owner.unwrap_or(flavour.elsewhere), by_body: false }
            }
            Guess::Body => Standing::Open,
            // A request in absolute form goes through a proxy, and the next one on the connection may go anywhere.
            Guess::Foreign if authority.is_some() => Standing::Foreign(Bearing::Expect),
            Guess::ModelTraffic => Standing::Foreign(Bearing::Expect),
            Guess::Foreign => Standing::Foreign(Bearing::Foreign),
        };
        let target = target.as_deref().unwrap_or_default();
        self.expected = is_mcp(headers);
        if let Standing::Foreign(bearing) = &mut self.standing
            && self.expected
        {
            *bearing = Bearing::Expect;
        }
        self.session = socket(method, path).map(|socket| {
            let query = target.split_once('?').map_or("", |(_, query)| query);
            Box::new(Session::new(socket, query, self.key))
        });
        let capped = |text: &str| (text.len() <= limits::HEADER).then(|| text.to_owned());
        self.http = Some(Http {
            host: host.and_then(capped),
            path: path.get(..path.floor_char_boundary(limits::PATH)).unwrap_or_default().to_owned(),
            traceparent: headers.get("traceparent").and_then(capped),
            user_agent: headers.get("user-agent").and_then(capped),
            ..blank(*protocol)
        });
        self.times.request_first_byte = Some(first_at);
        if self.standing_is_open() || self.session.is_some() {
            let host = authority_of_host.map(|authority| authority.host);
            self.asked = headers::request(headers, host, path);
        }
    }

    /// It is a call, or may be one.
    fn standing_is_open(&self) -> bool {
        match self.standing {
            Standing::New | Standing::Open | Standing::Call { .. } => true,
            Standing::Session | Standing::Foreign(_) | Standing::Over => false,
        }
    }

    fn response_head(&mut self, head: ResponseHead, first_at: Time) {
        self.join_late();
        let ResponseHead { status, protocol, headers, partial: _ } = head;
        self.readers.iter_mut().for_each(|candidate| candidate.reader.response_head(status, &headers));
        self.times.response_first_byte.get_or_insert(first_at);
        let http = self.http.get_or_insert_with(|| blank(protocol));
        http.status = status;
        let names = self.readers.iter().flat_map(|candidate| candidate.flavour.request_id);
        let id = names.filter_map(|name| headers.get(name)).find(|id| !id.is_empty());
        let id = id.or_else(|| headers::request_id(&headers).map(|(_, id)| id));
        http.request_id = id.filter(|id| id.len() <= limits::TEXT).map(str::to_owned);
        let host = http.host.as_deref().map(|host| Authority::parse(host).host);
        self.answered = headers::response(&headers, host, None);
        let media_type =
            headers.get("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
        let streams = ["text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"];
        if streams.iter().any(|stream| media_type.trim_end().eq_ignore_ascii_case(stream)) {
            self.stream.get_or_insert_default();
        }
    }

    /// Something other than the request's head came first: its request was not seen from the start.
    fn join_late(&mut self) {
        if self.standing == Standing::New {
            self.standing = Standing::Open;
            self.joined_late = true;
            self.readers = self.everybody();
            // What is seen of the request is not its beginning.
            self.readers.iter_mut().for_each(|candidate| candidate.reader.lost(Side::Request));
        }
    }

    fn request_body(&mut self, bytes: &[u8]) {
        if let Some(http) = &mut self.http {
            http.request_bytes += bytes.len() as u64;
        }
        if self.joined_late {
            return;
        }
        self.body.write(bytes);
        self.readers.iter_mut().for_each(|candidate| candidate.reader.request(bytes));
        self.decide(false);
    }

    fn request_end(&mut self, end: End, at: Time) {
        match end {
            End::Complete | End::Closed => self.times.request_last_byte = Some(at),
            // The last byte was not written, or not where we think.
            End::Cut => {}
            End::Lost => self.lossy_request = true,
        }
        self.decide(true);
    }

    /// Settles an open exchange whose request claims or disclaims to be a call. `over`: no more of it will come. Requests
    /// of several APIs can look the same; then whoever knows the answer has it.
    fn decide(&mut self, over: bool) {
        if self.standing != Standing::Open || self.joined_late {
            return;
        }
        self.readers.retain(|one| match one.reader.claims(Side::Request) {
            Claim::Yes => true,
            Claim::Open => !over,
            Claim::No => false,
        });
        let open = self.readers.iter().any(|one| one.reader.claims(Side::Request) == Claim::Open);
        match self.readers.first() {
            None => self.foreign(),
            Some(_) if open => {}
            Some(first) => {
                let provider = self.owner.unwrap_or(first.flavour.elsewhere);
                self.standing = Standing::Call { provider, by_body: true };
            }
        }
    }

    fn everybody(&self) -> Vec<Candidate> {
        FLAVOURS.iter().map(|flavour| Candidate::new(flavour, self.key)).collect()
    }

    fn foreign(&mut self) {
        self.readers.clear();
        // What was lost may have been what told a call.
        let unclear = self.lossy() || self.joined_late || self.headless;
        self.standing = Standing::Foreign(match self.owner {
            Some(_) => Bearing::Expect,
            None if self.expected => Bearing::Expect,
            None if unclear => Bearing::Unclear,
            None => Bearing::Foreign,
        });
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

    /// The exchange is over; the call, if it was one.
    fn end(&mut self, ending: Ending, at: Time) -> Option<Call> {
        let provider = match std::mem::replace(&mut self.standing, Standing::Over) {
            standing @ (Standing::New | Standing::Session | Standing::Foreign(_) | Standing::Over) => {
                self.standing = standing;
                return None;
            }
            Standing::Call { provider, by_body: false } => provider,
            Standing::Call { provider, by_body: true } => {
                if self.is_contradicted(ending) {
                    self.foreign();
                    return None;
                }
                let answers = |one: &Candidate| one.reader.claims(Side::Response) == Claim::Yes;
                if let Some(at) = self.readers.iter().position(answers) {
                    self.readers.swap(0, at);
                }
                self.owner.or(self.readers.first().map(|one| one.flavour.elsewhere)).unwrap_or(provider)
            }
            Standing::Open => {
                self.readers.retain(|one| one.reader.claims(Side::Response) == Claim::Yes);
                // Without its request only its response can tell what an exchange is.
                match self.readers.first().filter(|_| self.joined_late) {
                    Some(claimant) => claimant.flavour.elsewhere,
                    None => {
                        self.foreign();
                        return None;
                    }
                }
            }
        };
        let (Some(Candidate { flavour, reader }), Some(http)) =
            (self.readers.drain(..).next(), self.http.take())
        else {
            return None;
        };
        let Findings {
            operation,
            server,
            request,
            mut traces,
            response,
            usage,
            told,
            rate_limits,
            engine,
            cost,
            mcp,
            traceparent,
            error,
            whole,
            unknown_shape,
        } = reader.findings();
        let fingerprint = self.answered.fingerprint.and_then(headers::Fingerprint::provider);
        let provider = match (provider.known_by, server.or(fingerprint)) {
            (KnownBy::Api, Some(server)) => Provider::server(server),
            (KnownBy::Api | KnownBy::Host | KnownBy::Server, _) => provider,
        };
        // A server of tools is no provider of models, whoever's host it is on.
        let provider = if mcp.is_some() { flavour.elsewhere } else { provider };
        let http = Http { traceparent: http.traceparent.or(traceparent), ..http };
        let asked_whole = self.times.request_last_byte.is_some() && !self.lossy_request && !self.joined_late;
        traces.body = (asked_whole && !self.body.is_empty()).then(|| self.body.digest());
        let (mut beside, usage, cost) = self.beside(usage, told, engine, cost);
        // Providers have proxies of their own before them.
        let is_own = |gateway: &mut Gateway| gateway.kind.is_some_and(GatewayKind::is_plain_proxy);
        if provider.known_by == KnownBy::Host {
            beside.gateway.take_if(is_own);
        }
        if rate_limits != RateLimits::default() {
            beside.rate_limits = rate_limits;
        }
        let invocation = beside.attempts.invocation.as_ref();
        traces.invocation = invocation.map(|said| Digester::of(self.key, said.text.as_bytes()));
        // An error is as good an answer of JSON-RPC as a result.
        let failed = error.is_some() && mcp.is_none();
        let (outcome, transport) = self.outcome(ending, http.status, whole, failed);
        self.times.last_byte = match ending {
            Ending::Told | Ending::Closed => Some(at),
            Ending::Response(End::Complete | End::Closed | End::Cut) => Some(at),
            // It went on without us.
            Ending::Response(End::Lost) | Ending::GivenUp => None,
        };
        Some(Call {
            provider,
            api: Api { operation: operation.unwrap_or(flavour.api.operation), ..flavour.api },
            failure: failure(error, http.status, transport),
            http,
            request,
            response,
            usage,
            times: self.times,
            // Its events were not seen, so they are not counted.
            stream: self.stream.take().filter(|_| !self.opaque),
            outcome,
            lossy: self.lossy(),
            lost_bytes: self.lost_bytes,
            joined_late: self.joined_late,
            unknown_shape: self.unknown_shape + unknown_shape,
            beside,
            cost,
            mcp,
            attempt: None,
            cache_miss: None,
            tool_returns: Vec::new(),
            traces,
        })
    }

    /// What heads and body tell beside the answer. A body knows better than a head, which was written before it.
    fn beside(
        &mut self,
        usage: Usage,
        told: ToldTimes,
        engine: EngineState,
        cost: Option<Cost>,
    ) -> (Beside, Usage, Option<Cost>) {
        let ResponseFacts {
            rate_limits,
            mut times,
            engine: engine_by_head,
            place,
            gateway,
            fingerprint: _,
            attempts: by_server,
            usage: usage_by_head,
            cost: cost_by_head,
            dropped_reason: _,
            unknown_shape: unknown_answer,
        } = std::mem::take(&mut self.answered);
        let RequestFacts { mut attempts, client, place: mut asked_place, unknown_shape } =
            std::mem::take(&mut self.asked);
        self.unknown_shape = self.unknown_shape.saturating_add(unknown_shape).saturating_add(unknown_answer);
        times.merge(told);
        let mut state = engine;
        state.fill(engine_by_head);
        attempts.fill(by_server);
        // Where it was answered is better known to who answered.
        let mut here = place;
        here.fill(std::mem::take(&mut asked_place));
        let usage = if usage == Usage::default() { usage_by_head } else { usage };
        let cost = cost.or_else(|| cost_by_head.and_then(|cost| Cost::told(cost.source, &cost.usd)));
        let beside = Beside { rate_limits, times, engine: state, place: here, gateway, attempts, client };
        (beside, usage, cost)
    }

    /// A request had the shape of a call, on a path that says nothing, and its successful answer has not.
    fn is_contradicted(&self, ending: Ending) -> bool {
        let success = self.http.as_ref().and_then(|http| http.status).is_some_and(|status| status / 100 == 2);
        let ended_well = matches!(ending, Ending::Told | Ending::Response(End::Complete | End::Closed));
        let claimed = self.readers.iter().any(|one| match one.reader.claims(Side::Response) {
            Claim::Yes => true,
            Claim::Open => !ended_well,
            Claim::No => false,
        });
        success && !self.lossy_response && !self.opaque && !claimed
    }

    /// How the call ended, and what happened to its transport, if that is what went wrong.
    fn outcome(
        &self,
        ending: Ending,
        status: Option<u16>,
        whole: bool,
        failed: bool,
    ) -> (Outcome, Option<&'static str>) {
        let streamed = self.stream.is_some();
        let reset = self.reset.map(Reset::error_type);
        let no_response = self.times.response_first_byte.is_none();
        if no_response && ending != Ending::Response(End::Lost) {
            // Nobody is to blame for a response that was lost on the way to us.
            let blame = ending != Ending::GivenUp && !self.lossy_response;
            return (Outcome::NoResponse, blame.then_some(reset.unwrap_or("no_response")));
        }
        let truncated = reset.unwrap_or(if streamed { "stream_truncated" } else { "response_truncated" });
        let cut = (Outcome::Cut, (!whole && !self.opaque).then_some(truncated));
        // A framing that ends well may still hold half an answer, when a proxy lost its upstream; unless the other half
        // was lost on the way to us.
        let must_be_whole =
            status.is_none_or(|status| status / 100 == 2) && !failed && !self.lossy_response && !self.opaque;
        match ending {
            // What ended with an error is not what was asked for.
            Ending::Told if failed => (Outcome::Cut, None),
            Ending::Told => (Outcome::Complete, None),
            Ending::Response(End::Complete) if streamed && must_be_whole && !whole => cut,
            Ending::Response(End::Complete) => (Outcome::Complete, None),
            Ending::Response(End::Closed) if must_be_whole && !whole => cut,
            Ending::Response(End::Closed) => (Outcome::Complete, None),
            Ending::Response(End::Cut) | Ending::Closed => cut,
            Ending::Response(End::Lost) if whole => (Outcome::Complete, None),
            Ending::Response(End::Lost) | Ending::GivenUp => (Outcome::Unfinished, None),
        }
    }
}

impl Reset {
    /// The sender of `direction` gave a stream up, with this error code.
    fn by(direction: Direction, code: u32) -> Self {
        // Error codes of section 7. A stream is cancelled with CANCEL; Node's `close` says NO_ERROR unless it is told
        // another.
        const NO_ERROR: u32 = 0;
        const CANCEL: u32 = 8;
        match (direction, code) {
            (Direction::ToServer, NO_ERROR | CANCEL) => Self::Cancelled,
            (Direction::ToServer | Direction::ToClient, _) => Self::Broken,
        }
    }

    fn error_type(self) -> &'static str {
        match self {
            Self::Cancelled => "client_cancelled",
            Self::Broken => "connection_reset",
        }
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

/// `error.type`: what the provider says, else the status, else the transport.
fn failure(error: Option<ProviderError>, status: Option<u16>, transport: Option<&str>) -> Option<Failure> {
    let told = error.as_ref().and_then(|error| error.code.clone().or_else(|| error.kind.clone()));
    let status = status.filter(|status| *status >= 400).map(|status| status.to_string());
    // It said that it failed, and nothing says how.
    let unnamed = error.map(|_| "_OTHER".to_owned());
    let kind = told.or(status).or(unnamed).or_else(|| transport.map(str::to_owned))?;
    Some(Failure { kind })
}
