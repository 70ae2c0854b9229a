//! Strings, numbers and literals, as the scan comes upon them.
//!
//! Comes in: the rest of a piece at the first byte of a scalar, or of its continuation. Goes out: to the [`Shape`], the
//! scalar, when it has ended. What is whole in its piece is never copied; of what is not, no more than a cap is kept.

use super::hole::HoleKind;
use super::input::Input;
use super::scalar::{Scalar, Written, read_word};
use super::{Role, Scanner, Shape, State};
use crate::limits;

/// A string or word that is not whole in one piece, as written.
#[derive(Default)]
pub(super) struct Capture {
    bytes: Vec<u8>,
    /// Whether bytes are kept at all.
    keep: bool,
    pub(super) empty: bool,
    too_long: bool,
    escapes: bool,
    after_backslash: bool,
}

impl<P: Copy> Scanner<P> {
    pub(super) fn begin_text<S: Shape<Place = P>>(
        &mut self,
        role: Role,
        input: &mut Input<'_>,
        shape: &mut S,
    ) {
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
    pub(super) fn text<S: Shape<Place = P>>(&mut self, role: Role, input: &mut Input<'_>, shape: &mut S) {
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
    pub(super) fn word<S: Shape<Place = P>>(&mut self, input: &mut Input<'_>, shape: &mut S) {
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
}

impl Capture {
    pub(super) fn begin(&mut self, keep: bool) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self { bytes, keep, empty: true, too_long: false, escapes: false, after_backslash: false };
    }

    pub(super) fn add(&mut self, bytes: &[u8], cap: usize) {
        self.empty &= bytes.is_empty();
        if self.bytes.len() + bytes.len() > cap {
            self.too_long = true;
        } else if self.keep && !self.too_long {
            self.bytes.extend_from_slice(bytes);
        }
    }
}
