//! JSON as it streams by, in bounded memory.
//!
//! Comes in: pieces of one JSON document, cut anywhere. Goes out: to a [`Shape`], the values at the places that it
//! names. What is at other places is passed over: strings by `memchr`, containers by counting brackets. So a prompt of
//! 32 MiB costs its length in time and a few hundred bytes in memory, and a document that ends in the middle has
//! given all that stood before.
//!
//! Not done: validation. Text outside the named places may be anything that has its brackets and quotes in order.
//! Malformed JSON around named places breaks the scan ([`Scanner::is_broken`]); what was given before stays true.
//!
//! ```text
//!            ┌──────────── , ────────────┐
//!            ▼                           │
//! FirstKey ─ Key ─ Colon ─ Value ─┬─ Next ┴─ } ] ─→ Next of the outer one, or Done
//!                                 ├─ Text, Word      (a scalar that the piece ended in)
//!                                 ├─ FirstKey, FirstElement  (a container at a named place)
//!                                 └─ Passing         (a container at any other)
//! ```

// Paths in full, since the benchmark compiles this file in from elsewhere.
#[path = "json_scan/capture.rs"]
mod capture;
#[path = "json_scan/hole.rs"]
mod hole;
#[path = "json_scan/input.rs"]
mod input;
#[path = "json_scan/scalar.rs"]
mod scalar;
#[path = "json_scan/shape.rs"]
mod shape;
#[cfg(test)]
#[path = "json_scan/tests.rs"]
mod tests;

use self::capture::Capture;
pub(crate) use self::hole::{Hole, HoleKind};
use self::input::Input;
pub(crate) use self::scalar::Scalar;
pub(crate) use self::shape::{Container, Shape};
use crate::limits;

/// The scan of one document.
pub(crate) struct Scanner<P> {
    state: State,
    /// Containers that we are in, outermost first; all of them at named places.
    stack: Vec<Frame<P>>,
    /// Where the value that comes next, or is being read, stands.
    place: Option<P>,
    capture: Capture,
    tap: Option<Tap<P>>,
    record: Record<P>,
}

/// What of a document that comes in one piece is of no account.
struct Record<P> {
    holes: Vec<Hole<P>>,
    /// There are not too many, and no text stands where it was passed over.
    complete: bool,
    /// Where the string at hand begins.
    text_from: usize,
    /// Where the container at hand begins that is passed over and of no account.
    passed_from: Option<usize>,
}

/// A value whose bytes are given out as they are.
#[derive(Clone, Copy)]
struct Tap<P> {
    place: P,
    /// Containers that it stands in.
    depth: usize,
    /// Bytes of it in the piece at hand.
    begun_at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    FirstElement,
    FirstKey,
    Key,
    Colon,
    Next,
    Text(Role),
    Word,
    Passing { depth: u64, quote: Quote },
    Done,
    Broken,
}

/// What a string is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

/// Where a passed-over container is with its strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    Outside,
    Inside,
    AfterBackslash,
}

#[derive(Clone, Copy)]
struct Frame<P> {
    container: Container,
    place: P,
}

impl<P: Copy> Scanner<P> {
    /// A document of which nothing was seen.
    pub(crate) fn new<S: Shape<Place = P>>() -> Self {
        Self {
            state: State::Value,
            stack: Vec::new(),
            place: Some(S::ROOT),
            capture: Capture::default(),
            tap: None,
            record: Record { holes: Vec::new(), complete: false, text_from: 0, passed_from: None },
        }
    }

    /// Forgets the document and begins another; keeps its memory.
    pub(crate) fn restart<S: Shape<Place = P>>(&mut self) {
        self.state = State::Value;
        self.stack.clear();
        self.place = Some(S::ROOT);
        self.tap = None;
        self.record.holes.clear();
        self.record.complete = true;
        self.record.passed_from = None;
    }

    /// What of the document since [`Self::restart`], which came in one piece, is of no account. `None`: that cannot be
    /// told, or what is passed over may be content.
    pub(crate) fn holes(&self) -> Option<&[Hole<P>]> {
        (self.record.complete && self.is_done()).then_some(&self.record.holes)
    }

    /// Gives up: what follows is not the continuation of what was seen.
    pub(crate) fn abandon(&mut self) {
        self.state = State::Broken;
    }

    /// The document was cut off here. Of a string that is only seen to be there, as much was seen as is wanted.
    pub(crate) fn cut<S: Shape<Place = P>>(&mut self, shape: &mut S) {
        if let (State::Text(Role::Value), Some(place)) = (self.state, self.place)
            && !S::reads_text(place)
        {
            shape.scalar(place, &Scalar::Text { empty: self.capture.empty, text: None });
        }
        self.abandon();
    }

    /// What was seen is no JSON, or the scan was given up.
    pub(crate) fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// The document is whole.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes the next piece.
    pub(crate) fn push<S: Shape<Place = P>>(&mut self, piece: &[u8], shape: &mut S) {
        if let Some(tap) = &mut self.tap {
            tap.begun_at = 0;
        }
        let mut input = Input::new(piece);
        self.scan(&mut input, shape);
        if let Some(Tap { place, begun_at, .. }) = self.tap {
            shape.tap(place, input.since(begun_at));
        }
    }

    fn scan<S: Shape<Place = P>>(&mut self, input: &mut Input<'_>, shape: &mut S) {
        while let Some(byte) = input.peek() {
            match self.state {
                State::Done | State::Broken => return,
                State::Text(role) => self.text(role, input, shape),
                State::Word => self.word(input, shape),
                State::Passing { depth, quote } => self.pass(depth, quote, input, shape),
                State::Value
                | State::FirstElement
                | State::FirstKey
                | State::Key
                | State::Colon
                | State::Next
                    if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') =>
                {
                    input.skip(1);
                }
                State::Value => self.value(byte, input, shape),
                State::Colon => {
                    input.skip(1);
                    self.state = if byte == b':' { State::Value } else { State::Broken };
                }
                State::FirstKey | State::Key if byte == b'"' => {
                    input.skip(1);
                    self.begin_text(Role::Key, input, shape);
                }
                State::FirstKey if byte == b'}' => self.end_container(input, shape),
                State::FirstKey | State::Key => self.state = State::Broken,
                State::FirstElement if byte == b']' => self.end_container(input, shape),
                State::FirstElement => {
                    self.place = self.stack.last().and_then(|array| S::element(array.place));
                    self.value(byte, input, shape);
                }
                State::Next => self.next(byte, input, shape),
            }
        }
    }

    /// After a value in a container.
    fn next<S: Shape<Place = P>>(&mut self, byte: u8, input: &mut Input<'_>, shape: &mut S) {
        let Some(&Frame { container, place }) = self.stack.last() else {
            return;
        };
        match (byte, container) {
            (b',', Container::Object) => {
                input.skip(1);
                self.state = State::Key;
            }
            (b',', Container::Array) => {
                input.skip(1);
                self.place = S::element(place);
                self.state = State::Value;
            }
            (b'}', Container::Object) | (b']', Container::Array) => self.end_container(input, shape),
            _ => self.state = State::Broken,
        }
    }

    /// The first byte of a value.
    fn value<S: Shape<Place = P>>(&mut self, byte: u8, input: &mut Input<'_>, shape: &mut S) {
        let container = match byte {
            b'{' => Some(Container::Object),
            b'[' => Some(Container::Array),
            _ => None,
        };
        if let Some(place) = self.place.filter(|place| self.tap.is_none() && S::taps(*place, container)) {
            self.tap = Some(Tap { place, depth: self.stack.len(), begun_at: input.at() });
        }
        match byte {
            b'{' => self.begin_container(Container::Object, input, shape),
            b'[' => self.begin_container(Container::Array, input, shape),
            b'"' => {
                input.skip(1);
                self.begin_text(Role::Value, input, shape);
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.capture.begin(self.place.is_some());
                self.state = State::Word;
            }
            _ => self.state = State::Broken,
        }
    }

    fn begin_container<S: Shape<Place = P>>(
        &mut self,
        container: Container,
        input: &mut Input<'_>,
        shape: &mut S,
    ) {
        self.record.passed_from = self.place.is_none().then(|| input.at());
        input.skip(1);
        let place = self.place.filter(|_| self.stack.len() < limits::SCAN_DEPTH);
        match place.filter(|place| shape.open(*place, container)) {
            Some(place) => {
                self.stack.push(Frame { container, place });
                self.state = match container {
                    Container::Object => State::FirstKey,
                    Container::Array => State::FirstElement,
                };
            }
            None => self.state = State::Passing { depth: 1, quote: Quote::Outside },
        }
    }

    fn end_container<S: Shape<Place = P>>(&mut self, input: &mut Input<'_>, shape: &mut S) {
        input.skip(1);
        if let Some(frame) = self.stack.pop() {
            shape.close(frame.place);
        }
        self.after_value(input, shape);
    }

    /// Inside a container that is passed over.
    fn pass<S: Shape<Place = P>>(&mut self, depth: u64, quote: Quote, input: &mut Input<'_>, shape: &mut S) {
        let mut depth = depth;
        match quote {
            Quote::Outside => {
                while let Some(byte) = input.peek() {
                    input.skip(1);
                    match byte {
                        b'"' => {
                            self.record.complete &= self.record.passed_from.is_some();
                            self.state = State::Passing { depth, quote: Quote::Inside };
                            return;
                        }
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        if let Some(from) = self.record.passed_from.take() {
                            self.hole(from, input.at(), HoleKind::Container);
                        }
                        self.after_value(input, shape);
                        return;
                    }
                }
                self.state = State::Passing { depth, quote };
            }
            Quote::Inside => match input.until_quote_or_backslash() {
                Some((before, stop)) => {
                    input.skip(before.len() + 1);
                    let quote = if stop == b'"' { Quote::Outside } else { Quote::AfterBackslash };
                    self.state = State::Passing { depth, quote };
                }
                None => input.skip(input.rest().len()),
            },
            Quote::AfterBackslash => {
                input.skip(1);
                self.state = State::Passing { depth, quote: Quote::Inside };
            }
        }
    }

    /// Notes a value that is of no account. Part of a value that is given out as it is must be the same again; text in it
    /// may be content, and then nothing is kept.
    fn hole(&mut self, from: usize, to: usize, kind: HoleKind) {
        if self.tap.is_some() {
            self.record.complete &= kind == HoleKind::Number;
        } else if self.record.complete {
            self.record.complete = self.record.holes.len() < limits::HOLES;
            self.record.holes.push(Hole { place: self.place, from, to, kind });
        }
    }

    fn after_value<S: Shape<Place = P>>(&mut self, input: &Input<'_>, shape: &mut S) {
        self.state = if self.stack.is_empty() { State::Done } else { State::Next };
        if let Some(Tap { place, begun_at, .. }) = self.tap.take_if(|tap| tap.depth == self.stack.len()) {
            shape.tap(place, input.since(begun_at));
            shape.tapped(place);
        }
    }
}

impl<P> std::fmt::Debug for Scanner<P> {
    /// Where it stands, never what it holds.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("state", &self.state).field("depth", &self.stack.len()).finish()
    }
}
