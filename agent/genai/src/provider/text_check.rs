//! Whether an answer that should be JSON is.
//!
//! Comes in: the pieces of an answer's text, as written. Goes out: the verdict. Only the text of the first choice is
//! looked at, and only where JSON was asked for.

use crate::json_check::JsonCheck;

/// The text of an answer, where it matters what it is.
#[derive(Clone, Debug, Default)]
pub(super) struct TextCheck {
    check: Option<Box<JsonCheck>>,
    several: bool,
}

impl TextCheck {
    /// JSON was asked for.
    pub(super) fn want_json(&mut self, asked: Option<&str>) {
        let json = asked.is_some_and(|asked| asked.contains("json"));
        if json && self.check.is_none() {
            self.check = Some(Box::new(JsonCheck::new()));
        }
    }

    /// The next piece of its text.
    pub(super) fn hear(&mut self, written: &[u8]) {
        if let Some(check) = &mut self.check {
            check.push(written);
        }
    }

    /// There is another choice, or another part that is no continuation: there is no one text.
    pub(super) fn give_up(&mut self) {
        self.several = true;
    }

    /// Whether the text is JSON. `None`: that was not asked for, or there is none.
    pub(super) fn verdict(&self) -> Option<bool> {
        self.check.as_ref().filter(|_| !self.several)?.verdict()
    }
}
