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

use std::borrow::Cow;

use memchr::memchr2;

use crate::limits;

/// What a reader wants of a document.
pub(crate) trait Shape {
    /// A place in the document that the reader knows.
    type Place: Copy;

    /// The document itself.
    const ROOT: Self::Place;

    /// The place of an object's member, if it is of interest.
    fn member(place: Self::Place, key: &[u8]) -> Option<Self::Place>;

    /// The place of an array's elements, if they are of interest.
    fn element(place: Self::Place) -> Option<Self::Place>;

    /// Whether strings at a place are to be captured. Where not, they are content and are only seen to be there.
    fn reads_text(place: Self::Place) -> bool;

    /// Whether [`Shape::hear`] is to be given the strings at a place.
    fn hears(_place: Self::Place) -> bool {
        false
    }

    /// The next piece of a string, as written between its quotes, however long it is. Its end is told by
    /// [`Shape::scalar`].
    fn hear(&mut self, _place: Self::Place, _written: &[u8]) {}

    /// Whether [`Shape::tap`] is to be given the value at a place: a container, or a scalar. Taps do not nest: the
    /// outer one has it all.
    fn taps(_place: Self::Place, _value: Option<Container>) -> bool {
        false
    }

    /// The next bytes of a value, as written, with its quotes or brackets. A value that has ended is told by
    /// [`Shape::tapped`].
    fn tap(&mut self, _place: Self::Place, _written: &[u8]) {}

    /// The value that was given to [`Shape::tap`] is whole. Comes after its own [`Shape::close`] or [`Shape::scalar`].
    fn tapped(&mut self, _place: Self::Place) {}

    /// A container begins. Whether to go into it.
    fn open(&mut self, place: Self::Place, container: Container) -> bool;

    /// A container that was gone into ends.
    fn close(&mut self, place: Self::Place);

    /// A scalar.
    fn scalar(&mut self, place: Self::Place, scalar: &Scalar<'_>);

    /// Whether the document that was read last could be read again and change nothing, but by what [`Shape::hear`] and
    /// [`Shape::scalar`] are told of its strings that are not captured. Most chunks of a stream are such.
    fn repeats(&self) -> bool {
        false
    }
}

/// A value that is of no account: a string that is not captured, or a number or container at no named place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole<P> {
    /// Where it stands, if that is a named place.
    pub(crate) place: Option<P>,
    /// Bytes of the document before its text.
    pub(crate) from: usize,
    /// Bytes of the document up to its end.
    pub(crate) to: usize,
    pub(crate) kind: HoleKind,
}

/// What stands in a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoleKind {
    /// What stands between the quotes of a string.
    Text,
    Number,
    /// An object or array with its brackets.
    Container,
}

impl HoleKind {
    /// The length of what `rest` begins with, if it is of this kind.
    pub(crate) fn length(self, rest: &[u8]) -> Option<usize> {
        match self {
            Self::Text => string_length(rest),
            Self::Number => number_length(rest),
            Self::Container => container_length(rest),
        }
    }
}

/// Object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Object,
    Array,
}

/// A value that is no container.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// A number as written.
    Number(&'a str),
    /// A string: whether it is empty, and its text where [`Shape::reads_text`] wants it and it can be given whole.
    Text {
        empty: bool,
        text: Option<Written<'a>>,
    },
    /// No JSON value: `NaN`, `Infinity`, or a word longer than [`limits::WORD`].
    Unknown,
}

/// A string as written between its quotes. Most strings are compared and never needed decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written<'a> {
    bytes: &'a [u8],
    escapes: bool,
}

impl<'a> Written<'a> {
    /// Whether it says the same as a text.
    pub(crate) fn says(self, text: &str) -> bool {
        if self.escapes {
            self.decode().is_some_and(|said| said == text)
        } else {
            self.bytes == text.as_bytes()
        }
    }

    /// The text. `None`: it is none.
    pub(crate) fn decode(self) -> Option<Cow<'a, str>> {
        if self.escapes {
            let quoted = [b"\"", self.bytes, b"\""].concat();
            sonic_rs::from_slice::<String>(&quoted).ok().map(Cow::Owned)
        } else {
            std::str::from_utf8(self.bytes).ok().map(Cow::Borrowed)
        }
    }
}

impl Scalar<'_> {
    /// A whole number that is not negative, however it is written.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        let Self::Number(number) = self else { return None };
        number.parse().ok().or_else(|| {
            let value: f64 = number.parse().ok()?;
            // 2⁵³: above it a double does not tell which integer was meant.
            let whole = (0.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0;
            whole.then_some(value as u64)
        })
    }

    /// A whole number.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        let Self::Number(number) = self else { return None };
        number.parse().ok().or_else(|| self.as_u64().and_then(|number| number.try_into().ok()))
    }

    /// A finite number.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        let Self::Number(number) = self else { return None };
        number.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// True or false.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Null | Self::Number(_) | Self::Text { .. } | Self::Unknown => None,
        }
    }

    /// A string that was captured.
    pub(crate) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text { text, .. } => text.and_then(Written::decode),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Unknown => None,
        }
    }
}

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

/// A string or word that is not whole in one piece, as written.
#[derive(Default)]
struct Capture {
    bytes: Vec<u8>,
    /// Whether bytes are kept at all.
    keep: bool,
    empty: bool,
    too_long: bool,
    escapes: bool,
    after_backslash: bool,
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

    fn begin_text<S: Shape<Place = P>>(&mut self, role: Role, input: &mut Input<'_>, shape: &mut S) {
        let keep = match role {
            Role::Key => true,
            Role::Value => self.place.is_some_and(S::reads_text),
        };
        self.record.text_from = input.at();
        // Nearly every string is whole in its piece and has no escapes; then nothing is copied.
        if let Some((bytes, b'"')) = input.until_quote_or_backslash() {
            input.skip(bytes.len() + 1);
            if role == Role::Value && !bytes.is_empty() {
                self.be_heard(bytes, shape);
            }
            let whole = keep && bytes.len() <= limits::TEXT;
            let text = whole.then_some(Written { bytes, escapes: false });
            self.end_text(role, bytes.is_empty(), text, input, shape);
        } else {
            self.capture.begin(keep);
            self.state = State::Text(role);
        }
    }

    /// The rest of a string that did not end in the piece in which it began, or that has escapes.
    fn text<S: Shape<Place = P>>(&mut self, role: Role, input: &mut Input<'_>, shape: &mut S) {
        if std::mem::take(&mut self.capture.after_backslash) {
            if let Some(byte) = input.peek() {
                self.add_text(role, &[byte], shape);
                input.skip(1);
            }
            return;
        }
        let Some((before, stop)) = input.until_quote_or_backslash() else {
            self.add_text(role, input.rest(), shape);
            input.skip(input.rest().len());
            return;
        };
        self.add_text(role, before, shape);
        input.skip(before.len() + 1);
        if stop == b'\\' {
            self.add_text(role, b"\\", shape);
            self.capture.escapes = true;
            self.capture.after_backslash = true;
            return;
        }
        let capture = std::mem::take(&mut self.capture);
        let whole = capture.keep && !capture.too_long;
        let written = Written { bytes: &capture.bytes, escapes: capture.escapes };
        self.end_text(role, capture.empty, whole.then_some(written), input, shape);
        self.capture = capture;
    }

    /// The next piece of a string that is not whole in one.
    fn add_text<S: Shape<Place = P>>(&mut self, role: Role, bytes: &[u8], shape: &mut S) {
        self.capture.add(bytes, limits::TEXT);
        if role == Role::Value && !bytes.is_empty() {
            self.be_heard(bytes, shape);
        }
    }

    fn be_heard<S: Shape<Place = P>>(&self, bytes: &[u8], shape: &mut S) {
        if let Some(place) = self.place.filter(|place| S::hears(*place)) {
            shape.hear(place, bytes);
        }
    }

    fn end_text<S: Shape<Place = P>>(
        &mut self,
        role: Role,
        empty: bool,
        text: Option<Written<'_>>,
        input: &Input<'_>,
        shape: &mut S,
    ) {
        match role {
            Role::Key => {
                let object = self.stack.last().map(|frame| frame.place);
                self.place = object.zip(text).and_then(|(object, key)| match key.escapes {
                    false => S::member(object, key.bytes),
                    true => S::member(object, key.decode()?.as_bytes()),
                });
                self.state = State::Colon;
            }
            Role::Value => {
                if !self.place.is_some_and(S::reads_text) {
                    self.hole(self.record.text_from, input.at().saturating_sub(1), HoleKind::Text);
                }
                if let Some(place) = self.place {
                    shape.scalar(place, &Scalar::Text { empty, text });
                }
                self.after_value(input, shape);
            }
        }
    }

    /// A number or literal, up to the byte after it.
    fn word<S: Shape<Place = P>>(&mut self, input: &mut Input<'_>, shape: &mut S) {
        let run = input.word();
        input.skip(run.len());
        if input.peek().is_none() {
            self.capture.add(run, limits::WORD);
            return;
        }
        let Some(place) = self.place else {
            if matches!(run.first(), Some(b'-' | b'0'..=b'9')) {
                self.hole(input.at() - run.len(), input.at(), HoleKind::Number);
            }
            return self.after_value(input, shape);
        };
        // Nearly every word is whole in its piece; then nothing is copied.
        let capture = std::mem::take(&mut self.capture);
        if capture.empty && run.len() <= limits::WORD {
            shape.scalar(place, &read_word(run));
            self.capture = capture;
        } else {
            self.capture = capture;
            self.capture.add(run, limits::WORD);
            let word = read_word(&self.capture.bytes);
            shape.scalar(place, if self.capture.too_long { &Scalar::Unknown } else { &word });
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

impl Capture {
    fn begin(&mut self, keep: bool) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self { bytes, keep, empty: true, too_long: false, escapes: false, after_backslash: false };
    }

    fn add(&mut self, bytes: &[u8], cap: usize) {
        self.empty &= bytes.is_empty();
        if self.bytes.len() + bytes.len() > cap {
            self.too_long = true;
        } else if self.keep && !self.too_long {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// The length of the string that `rest` begins with, up to its closing quote.
fn string_length(rest: &[u8]) -> Option<usize> {
    let mut input = Input::new(rest);
    loop {
        let (before, stop) = input.until_quote_or_backslash()?;
        input.skip(before.len());
        if stop == b'"' {
            return Some(input.at());
        }
        // The escaped byte may be a quote.
        input.skip(2);
    }
}

/// The length of the number that `rest` begins with, if it begins with one.
fn number_length(rest: &[u8]) -> Option<usize> {
    matches!(rest.first(), Some(b'-' | b'0'..=b'9')).then(|| Input::new(rest).word().len())
}

/// The length of the container that `rest` begins with, if it begins with one. As everywhere here, brackets are counted
/// and not compared.
fn container_length(rest: &[u8]) -> Option<usize> {
    let mut input = Input::new(rest);
    let mut depth = 0_u64;
    loop {
        let byte = input.peek()?;
        input.skip(1);
        match byte {
            b'"' => input.skip(string_length(input.rest())? + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return matches!(byte, b'}' | b']').then(|| input.at());
        }
    }
}

/// A piece and its rest.
struct Input<'a> {
    piece: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn new(piece: &'a [u8]) -> Self {
        Self { piece, rest: piece }
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How much of the piece is behind us.
    fn at(&self) -> usize {
        self.piece.len() - self.rest.len()
    }

    /// What was taken since then.
    fn since(&self, at: usize) -> &'a [u8] {
        self.piece.get(at..self.at()).unwrap_or_default()
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// The bytes that belong to a number or literal.
    fn word(&self) -> &'a [u8] {
        let belongs =
            |byte: &u8| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z');
        let end = self.rest.iter().position(|byte| !belongs(byte)).unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    /// The bytes before the next quote or backslash, and which of them it is.
    fn until_quote_or_backslash(&self) -> Option<(&'a [u8], u8)> {
        let end = match near_quote_or_backslash(self.rest) {
            Near::At(end) => end,
            Near::NotBefore(from) => from + memchr2(b'"', b'\\', self.rest.get(from..)?)?,
        };
        let (before, from) = self.rest.split_at_checked(end)?;
        Some((before, from.first().copied()?))
    }
}

enum Near {
    At(usize),
    NotBefore(usize),
}

/// Looks at the first 16 bytes by words of 8: keys and most strings of chunks end there, before `memchr` gets going.
fn near_quote_or_backslash(bytes: &[u8]) -> Near {
    const ONES: u64 = u64::MAX / 255;
    // The high bit of each byte that is zero; above the lowest such byte also of others, so only the lowest counts.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().take(2).enumerate() {
        let word = u64::from_le_bytes(*word);
        let hits = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if hits != 0 {
            return Near::At(index * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    Near::NotBefore(words.len().min(2) * 8)
}

fn read_word(word: &[u8]) -> Scalar<'_> {
    match word {
        b"null" => Scalar::Null,
        b"true" => Scalar::Bool(true),
        b"false" => Scalar::Bool(false),
        [b'-' | b'0'..=b'9', ..] => std::str::from_utf8(word).map_or(Scalar::Unknown, Scalar::Number),
        _ => Scalar::Unknown,
    }
}

// Its path in full, since the benchmark compiles this file in from elsewhere.
#[cfg(test)]
#[path = "json_scan/tests.rs"]
mod tests;
