//! Heads: collected over any number of pieces, then read.
//!
//! Comes in: pieces that begin where a head should. Goes out: the head's bytes up to and with its empty line, then a
//! [`RequestHead`] or [`ResponseHead`] with the [`Facts`] that framing needs. Lenient where real peers are: empty
//! lines before the head, bare `\n`, folded lines, bytes over 0x7f. A field line that is none is passed over and said.
//!
//! Trailer fields are read by the same rules.

use bytes::Bytes;
use memchr::memchr;

use super::start_line::{self, Fit};
use crate::content::{self, ContentFacts};
use crate::head::{Headers, RequestHead, ResponseHead};
use crate::limits;
use crate::message::{Direction, Protocol};
use crate::piece::{Carry, Origin, Piece};
use crate::secret;

/// Collects one head.
#[derive(Default)]
pub(crate) struct HeadBuffer {
    carry: Carry,
    lines: Lines,
}

/// What became of a head.
pub(crate) enum Collected {
    /// It needs more bytes; the piece is used up.
    More,
    Whole(RawHead),
    /// The first line is none. Bytes of earlier pieces are given back, the piece is as it was.
    NotAHead(Carry),
    /// [`limits::HEAD_BYTES`] were used up without an end.
    TooLong,
}

/// The bytes of one head.
pub(crate) struct RawHead {
    bytes: Bytes,
    pub(crate) first: Origin,
    fields: usize,
    folded: bool,
}

impl RawHead {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl HeadBuffer {
    /// A head whose first bytes are known already.
    pub(crate) fn resumed(carry: Carry) -> Self {
        Self { carry, lines: Lines::default() }
    }

    /// Takes what belongs to the head from the front of the piece.
    pub(crate) fn push(&mut self, direction: Direction, piece: &mut Piece) -> Collected {
        if self.carry.is_empty() {
            // RFC 9112 §2.2: empty lines before a request line are to be ignored.
            let blank = piece.bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            piece.advance(blank);
            self.within_piece(direction, piece)
        } else {
            self.over_pieces(direction, piece)
        }
    }

    /// Bytes of the head so far.
    pub(crate) fn len(&self) -> usize {
        self.carry.len()
    }

    pub(crate) fn held(&self) -> usize {
        self.carry.held()
    }

    fn within_piece(&mut self, direction: Direction, piece: &mut Piece) -> Collected {
        match self.lines.scan(direction, piece.peek(limits::HEAD_BYTES)) {
            Scan::NotAHead => Collected::NotAHead(Carry::default()),
            Scan::End(end) => {
                let head = piece.split_to(end);
                let first = head.origin();
                Collected::Whole(self.lines.head(head.bytes, first))
            }
            Scan::More if piece.len() >= limits::HEAD_BYTES => {
                piece.advance(limits::HEAD_BYTES);
                Collected::TooLong
            }
            Scan::More => {
                self.carry.push(&piece.bytes, piece.origin());
                piece.clear();
                Collected::More
            }
        }
    }

    fn over_pieces(&mut self, direction: Direction, piece: &mut Piece) -> Collected {
        let before = self.carry.len();
        self.carry.push(piece.peek(limits::HEAD_BYTES.saturating_sub(before)), piece.origin());
        match self.lines.scan(direction, self.carry.bytes()) {
            Scan::NotAHead => {
                self.carry.truncate(before);
                Collected::NotAHead(std::mem::take(&mut self.carry))
            }
            Scan::End(end) => {
                piece.advance(end.saturating_sub(before));
                let mut carry = std::mem::take(&mut self.carry);
                carry.truncate(end);
                let first = carry.origin(0);
                Collected::Whole(self.lines.head(carry.into_bytes(), first))
            }
            Scan::More => {
                piece.advance(self.carry.len() - before);
                if self.carry.len() >= limits::HEAD_BYTES { Collected::TooLong } else { Collected::More }
            }
        }
    }
}

/// The lines of a head, as far as they were looked at.
#[derive(Default)]
struct Lines {
    /// Where the line under way begins.
    start: usize,
    /// Up to where its end was looked for.
    seen: usize,
    fields: usize,
    folded: bool,
}

enum Scan {
    More,
    End(usize),
    NotAHead,
}

impl Lines {
    /// Looks on in `bytes`, which begin with those of the last call.
    fn scan(&mut self, direction: Direction, bytes: &[u8]) -> Scan {
        while let Some(length) = bytes.get(self.seen..).and_then(|unseen| memchr(b'\n', unseen)) {
            let end = self.seen + length + 1;
            let line = bytes.get(self.start..end).unwrap_or_default();
            match line {
                _ if self.start == 0 => match start_line::fit(direction, line) {
                    Fit::Yes(_) => {}
                    Fit::No | Fit::More => return Scan::NotAHead,
                },
                [b'\n'] | [b'\r', b'\n'] => return Scan::End(end),
                [b' ' | b'\t', ..] => self.folded = true,
                _ => self.fields += 1,
            }
            self.start = end;
            self.seen = end;
        }
        self.seen = bytes.len();
        // What is no first line should not wait for its end. A few bytes tell, and keep this cheap when repeated.
        let begin = bytes.get(..EARLY_BYTES).unwrap_or(bytes);
        if self.start == 0 && start_line::fit(direction, begin) == Fit::No {
            return Scan::NotAHead;
        }
        Scan::More
    }

    fn head(&self, bytes: Bytes, first: Origin) -> RawHead {
        RawHead { bytes, first, fields: self.fields, folded: self.folded }
    }
}

const EARLY_BYTES: usize = 64;

/// What a head says about the bytes after it.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) length: Length,
    pub(crate) transfer: Transfer,
    pub(crate) content: ContentFacts,
    /// Lines were passed over that are no fields.
    pub(crate) bad_fields: bool,
    /// Fields were read but not kept: [`limits::HEADER_FIELDS`].
    pub(crate) many_fields: bool,
    pub(crate) upgrade: Upgrade,
    /// `Expect: 100-continue`.
    pub(crate) expects: bool,
}

/// What `Upgrade` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upgrade {
    #[default]
    Absent,
    /// A WebSocket, perhaps among others.
    WebSocket,
    Other,
}

/// Trailer fields.
pub(crate) struct Trailers {
    pub(crate) first: Origin,
    pub(crate) headers: Headers,
    /// As in [`Facts`].
    pub(crate) bad_fields: bool,
    pub(crate) many_fields: bool,
}

/// What `Content-Length` says.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Length {
    #[default]
    Absent,
    Bytes(u64),
    /// No number, or several that differ.
    Malformed,
}

/// What `Transfer-Encoding` says.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Transfer {
    #[default]
    Absent,
    Chunked,
    /// Chunked, with another coding inside.
    CodedChunked,
    /// Codings that end with the connection.
    Coded,
}

/// Reads a request's head. `None`: it is none.
pub(crate) fn request(raw: &RawHead) -> Option<(RequestHead, Facts)> {
    let bytes = raw.tidied();
    let mut slots = vec![httparse::EMPTY_HEADER; raw.fields];
    let mut request = httparse::Request::new(&mut slots);
    let parsed = lenient().parse_request(&mut request, &bytes).ok()?;
    let (method, target) = request.method.zip(request.path)?;
    let (headers, facts) = fields(raw, request.headers);
    let head = RequestHead {
        method: Some(method.to_owned()),
        target: Some(secret::clean_target(target)),
        protocol: Protocol::Http1,
        headers,
        partial: false,
    };
    parsed.is_complete().then_some((head, facts))
}

/// Reads a response's head. `None`: it is none.
pub(crate) fn response(raw: &RawHead) -> Option<(ResponseHead, Facts)> {
    let bytes = raw.tidied();
    let mut slots = vec![httparse::EMPTY_HEADER; raw.fields];
    let mut response = httparse::Response::new(&mut slots);
    let parsed = lenient().parse_response(&mut response, &bytes).ok()?;
    let status = Some(response.code?);
    let (headers, facts) = fields(raw, response.headers);
    let head = ResponseHead { status, protocol: Protocol::Http1, headers, partial: false };
    parsed.is_complete().then_some((head, facts))
}

/// Reads trailer fields; `lines` end with the empty line. `None`: there are none.
pub(crate) fn trailers(lines: &Carry) -> Option<Trailers> {
    // Lines of a trailer section have the form of those of a head (RFC 9112 §7.1.2), so they are read as one.
    let bytes = [FIRST_LINE, lines.bytes()].concat();
    let mut scanned = Lines::default();
    let Scan::End(_) = scanned.scan(Direction::ToClient, &bytes) else {
        return None;
    };
    let first = lines.origin(0);
    let raw = scanned.head(Bytes::from(bytes), first);
    if raw.fields == 0 {
        return None;
    }
    let (headers, bad_fields, many_fields) = match response(&raw) {
        Some((head, facts)) => (head.headers, facts.bad_fields, facts.many_fields),
        None => (Headers::default(), true, false),
    };
    Some(Trailers { first, headers, bad_fields, many_fields })
}

const FIRST_LINE: &[u8] = b"HTTP/1.1 200\r\n";

fn lenient() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config
        .ignore_invalid_headers_in_requests(true)
        .ignore_invalid_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true);
    config
}

fn fields(raw: &RawHead, parsed: &[httparse::Header<'_>]) -> (Headers, Facts) {
    let mut headers = Headers::default();
    let mut facts = Facts {
        bad_fields: parsed.len() < raw.fields,
        many_fields: parsed.len() > limits::HEADER_FIELDS,
        ..Facts::default()
    };
    let mut codings = Vec::new();
    for httparse::Header { name, value } in parsed {
        if headers.len() < limits::HEADER_FIELDS {
            headers.push(name.as_bytes(), value);
        }
        if name.eq_ignore_ascii_case("content-length") {
            facts.length = facts.length.and(value);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            codings.extend(content::list(value));
        } else if name.eq_ignore_ascii_case("upgrade") {
            facts.upgrade = facts.upgrade.and(value);
        } else if name.eq_ignore_ascii_case("expect") {
            facts.expects |= content::list(value).any(|what| what.eq_ignore_ascii_case(b"100-continue"));
        } else {
            facts.content.note(name.as_bytes(), value);
        }
    }
    // Transfer codings were applied after content codings, so they come off first.
    let inner = match codings.split_last() {
        Some((last, inner)) if last.eq_ignore_ascii_case(b"chunked") => inner,
        Some(_) | None => &codings,
    };
    inner.iter().for_each(|name| facts.content.apply(name, "transfer-encoding"));
    facts.transfer = match codings.split_last() {
        None => Transfer::Absent,
        Some((last, [])) if last.eq_ignore_ascii_case(b"chunked") => Transfer::Chunked,
        Some((last, _)) if last.eq_ignore_ascii_case(b"chunked") => Transfer::CodedChunked,
        Some(_) => Transfer::Coded,
    };
    (headers, facts)
}

impl Length {
    /// With one more field. RFC 9112 §6.3: the same number several times is that number.
    fn and(self, value: &[u8]) -> Self {
        value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).fold(self, |known, digits| {
            match (known, decimal(digits)) {
                (Self::Absent, Some(length)) => Self::Bytes(length),
                (Self::Bytes(known), Some(length)) if known == length => Self::Bytes(length),
                (Self::Absent | Self::Bytes(_) | Self::Malformed, _) => Self::Malformed,
            }
        })
    }
}

impl Upgrade {
    /// With one more field: a list of protocols, which may have versions.
    fn and(self, value: &[u8]) -> Self {
        let mut names =
            content::list(value).filter_map(|protocol| protocol.split(|byte| *byte == b'/').next());
        let websocket = names.any(|name| name.eq_ignore_ascii_case(b"websocket"));
        if websocket || self == Self::WebSocket { Self::WebSocket } else { Self::Other }
    }
}

/// Digits only: `parse` alone would take a `+`.
fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits)?;
    str::from_utf8(digits).ok()?.parse().ok()
}

impl RawHead {
    /// The head as httparse takes it: each folded line joined to its field by a space (RFC 9112 §5.2), and without
    /// lines that hold a NUL, which it would refuse the whole head for.
    fn tidied(&self) -> Bytes {
        if !self.folded && memchr(0, &self.bytes).is_none() {
            return self.bytes.clone();
        }
        let mut tidy: Vec<u8> = Vec::with_capacity(self.bytes.len());
        // Where a fold belongs to: not into the first line, nor to the field before one that was dropped.
        let mut open = false;
        for (number, line) in self.bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let folded = matches!(line, [b' ' | b'\t', ..]);
            if folded && !open || number > 0 && memchr(0, line).is_some() {
                open = open && folded;
            } else if folded {
                tidy.truncate(tidy.trim_ascii_end().len());
                tidy.push(b' ');
                tidy.extend_from_slice(line.trim_ascii());
                tidy.extend_from_slice(b"\r\n");
            } else {
                open = number > 0;
                tidy.extend_from_slice(line);
            }
        }
        Bytes::from(tidy)
    }
}
