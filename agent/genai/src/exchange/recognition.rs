//! What an exchange is: a call of which API, or none.
//!
//! Comes in: the heads of an exchange, its request's body, and that the request is over. Goes out: the exchange's
//! [`Standing`], the readers that may have it, and what its heads tell. What the response's body says is heard at the
//! end: see `ending`.

use wire::{End, RequestHead, ResponseHead, Time};

use super::session::Session;
use super::{Bearing, Candidate, Exchange, Standing, blank};
use crate::call::{Http, Provider};
use crate::headers;
use crate::limits;
use crate::provider::{Claim, FLAVOURS, Side, is_mcp};
use crate::recognise::{Authority, Guess, by_head, owner, socket, split_target};
use crate::settings::Settings;

impl Exchange {
    pub(super) fn request_head(&mut self, head: &RequestHead, first_at: Time, settings: &Settings) {
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

    pub(super) fn response_head(&mut self, head: ResponseHead, first_at: Time) {
        self.join_late();
        let ResponseHead { status, protocol, headers, partial } = head;
        self.readers.iter_mut().for_each(|candidate| candidate.reader.response_head(status, &headers));
        self.times.response_first_byte.get_or_insert(first_at);
        let http = self.http.get_or_insert_with(|| blank(protocol));
        http.status = status;
        let names = self.readers.iter().flat_map(|candidate| candidate.flavour.request_id);
        let id = names.filter_map(|name| headers.get(name)).find(|id| !id.is_empty());
        // Of a head with fields that nobody knows, another id may not stand in for one of them; and the id of an edge is
        // told as what it is.
        let generic = || headers::request_id(&headers).filter(|(name, _)| !partial && *name != "cf-ray");
        let id = id.or_else(|| generic().map(|(_, id)| id));
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
    pub(super) fn join_late(&mut self) {
        if self.standing == Standing::New {
            self.standing = Standing::Open;
            self.joined_late = true;
            self.readers = self.everybody();
            // What is seen of the request is not its beginning.
            self.readers.iter_mut().for_each(|candidate| candidate.reader.lost(Side::Request));
        }
    }

    pub(super) fn request_body(&mut self, bytes: &[u8]) {
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

    pub(super) fn request_end(&mut self, end: End, at: Time) {
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

    pub(super) fn foreign(&mut self) {
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
}
