//! How an exchange ends, and the [`Call`] that it then gives.
//!
//! Comes in: an [`Ending`], and all that was read of the exchange. Goes out: a [`Call`] with its outcome and what went
//! wrong, or none, if the response does not bear out that it is one. Times and counts are put together here, not made.

use wire::{Direction, End, Time};

use super::{Candidate, Exchange, Standing};
use crate::call::{Api, Beside, Call, Failure, Http, KnownBy, Outcome, Provider, Usage};
use crate::digest::Digester;
use crate::headers::{
    self, EngineState, Gateway, GatewayKind, RateLimits, RequestFacts, ResponseFacts, ToldTimes,
};
use crate::price::Cost;
use crate::provider::{Claim, Findings, ProviderError, Side};

/// A stream that was given up (RFC 9113, section 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reset {
    /// By the process, which wanted no more.
    Cancelled,
    /// By the server, or by the process because of an error.
    Broken,
}

/// Why an exchange is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
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
    /// The exchange is over; the call, if it was one.
    pub(super) fn end(&mut self, ending: Ending, at: Time) -> Option<Call> {
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
    pub(super) fn by(direction: Direction, code: u32) -> Self {
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

/// `error.type`: what the provider says, else the status, else the transport.
fn failure(error: Option<ProviderError>, status: Option<u16>, transport: Option<&str>) -> Option<Failure> {
    let told = error.as_ref().and_then(|error| error.code.clone().or_else(|| error.kind.clone()));
    let status = status.filter(|status| *status >= 400).map(|status| status.to_string());
    // It said that it failed, and nothing says how.
    let unnamed = error.map(|_| "_OTHER".to_owned());
    let kind = told.or(status).or(unnamed).or_else(|| transport.map(str::to_owned))?;
    Some(Failure { kind })
}
