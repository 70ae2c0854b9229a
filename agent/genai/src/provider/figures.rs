//! The figures of a usage object as its provider tells them: every number, by its path.
//!
//! Comes in: the bytes of the object. Goes out: the numbers, and the short texts beside them that say what they are of.
//! What of it means what is each provider's to say. A later object goes over an earlier one figure by figure: streams
//! tell their usage more than once.

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use crate::json_scan::Scalar;
use crate::limits;

/// The figures told so far.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// The object at hand, as far as it came.
    text: Vec<u8>,
    too_long: bool,
    numbers: Vec<(String, f64)>,
    names: Vec<(String, String)>,
    odd: u32,
}

impl Figures {
    /// The next bytes of the object.
    pub(super) fn tap(&mut self, written: &[u8]) {
        if self.text.len() + written.len() > limits::USAGE {
            self.too_long = true;
        } else if !self.too_long {
            self.text.extend_from_slice(written);
        }
    }

    /// The object is whole.
    pub(super) fn tapped(&mut self) {
        let text = std::mem::take(&mut self.text);
        let too_long = std::mem::take(&mut self.too_long);
        match sonic_rs::from_slice::<Value>(&text) {
            Ok(value) if !too_long => self.keep(&mut String::new(), &value, 0),
            Ok(_) | Err(_) => self.odd += 1,
        }
        self.text = text;
        self.text.clear();
    }

    /// Forgets an object that did not come to its end.
    pub(super) fn restart(&mut self) {
        self.text.clear();
        self.too_long = false;
    }

    /// A figure that stands alone, beside what must not be kept.
    pub(super) fn tell(&mut self, path: &str, scalar: &Scalar<'_>) {
        if let Some(number) = scalar.as_f64() {
            self.keep_number(path, number);
        }
    }

    /// Whether nothing was told.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The count at a path.
    pub(super) fn count(&self, path: &str) -> Option<u64> {
        let value = self.number(path)?;
        // 2⁵³: above it a double does not tell which integer was meant.
        let whole = (0.0..=9_007_199_254_740_992.0).contains(&value) && value.fract() == 0.0;
        whole.then_some(value as u64)
    }

    /// The count at the first of these paths that has one.
    pub(super) fn first(&self, paths: &[&str]) -> Option<u64> {
        paths.iter().find_map(|path| self.count(path))
    }

    /// The sum of the counts at these paths, if there are any.
    pub(super) fn sum(&self, paths: &[&str]) -> Option<u64> {
        let told = paths.iter().filter_map(|path| self.count(path));
        told.fold(None, |sum, count| Some(sum.unwrap_or(0u64).saturating_add(count)))
    }

    /// The number at a path.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == path).map(|(_, number)| *number)
    }

    /// The text at a path.
    pub(super) fn name(&self, path: &str) -> Option<&str> {
        self.names.iter().find(|(known, _)| known == path).map(|(_, name)| name.as_str())
    }

    /// What was told, and how much of it had no shape that could be read.
    pub(super) fn into_raw(self) -> (Vec<(String, f64)>, u32) {
        (self.numbers, self.odd)
    }

    fn keep(&mut self, path: &mut String, value: &Value, depth: usize) {
        let own = path.len();
        let mut step = |figures: &mut Self, name: &str, value: &Value| {
            if own > 0 {
                path.push('.');
            }
            path.push_str(name);
            if path.len() <= limits::TEXT {
                figures.keep(path, value, depth + 1);
            }
            path.truncate(own);
        };
        if let Some(number) = value.as_f64() {
            self.keep_number(path, number);
        } else if let Some(name) = value.as_str() {
            self.keep_name(path, name);
        } else if depth >= limits::USAGE_DEPTH {
            self.odd += u32::from(!value.is_null() && !value.is_boolean());
        } else if let Some(object) = value.as_object() {
            object.iter().for_each(|(name, value)| step(self, name, value));
        } else if let Some(array) = value.as_array() {
            array.iter().enumerate().for_each(|(index, value)| step(self, &index.to_string(), value));
        }
    }

    fn keep_number(&mut self, path: &str, number: f64) {
        let full = self.numbers.len() >= limits::FIGURES;
        match self.numbers.iter_mut().find(|(known, _)| known == path) {
            Some((_, known)) => *known = number,
            None if full => self.odd += 1,
            None => self.numbers.push((path.to_owned(), number)),
        }
    }

    fn keep_name(&mut self, path: &str, name: &str) {
        if name.len() > limits::TEXT {
            return;
        }
        let full = self.names.len() >= limits::FIGURES;
        match self.names.iter_mut().find(|(known, _)| known == path) {
            Some((_, known)) if known == name => {}
            Some((_, known)) => *known = name.to_owned(),
            None if full => {}
            None => self.names.push((path.to_owned(), name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(objects: &[&str]) -> Figures {
        let mut figures = Figures::default();
        for object in objects {
            object.as_bytes().chunks(3).for_each(|piece| figures.tap(piece));
            figures.tapped();
        }
        figures
    }

    #[test]
    fn every_number_has_its_path() {
        let figures = told(&[r#"{"a":1,"b":{"c":2.5,"d":null},"e":[{"m":"TEXT","n":7}],"t":"standard"}"#]);
        let expect = [("a".to_owned(), 1.0), ("b.c".to_owned(), 2.5), ("e.0.n".to_owned(), 7.0)];
        assert_eq!(
            (figures.count("a"), figures.count("b.c"), figures.number("b.c")),
            (Some(1), None, Some(2.5))
        );
        assert_eq!(
            (figures.name("e.0.m"), figures.name("t"), figures.name("x")),
            (Some("TEXT"), Some("standard"), None)
        );
        assert_eq!(figures.sum(&["a", "e.0.n", "x"]), Some(8));
        assert_eq!(figures.sum(&["x"]), None);
        assert_eq!(figures.first(&["x", "a"]), Some(1));
        assert_eq!(figures.into_raw(), (expect.to_vec(), 0));
    }

    #[test]
    fn later_figures_go_over_earlier_ones_one_by_one() {
        let figures = told(&[r#"{"a":1,"b":2}"#, r#"{"b":3,"a":null}"#]);
        assert_eq!((figures.count("a"), figures.count("b")), (Some(1), Some(3)));
    }

    #[test]
    fn what_is_odd_costs_itself_only() {
        let long = format!(r#"{{"x":"{}"}}"#, "y".repeat(limits::USAGE));
        let deep = format!(r#"{{"b":{}1{}}}"#, "[".repeat(9), "]".repeat(9));
        let many: Vec<_> = (0..limits::FIGURES + 3).map(|index| format!(r#""k{index}":{index}"#)).collect();
        for (objects, odd) in [
            (vec!["nonsense", r#"{"a":1}"#], 1),
            (vec![long.as_str(), r#"{"a":1}"#], 1),
            (vec![r#"{"a":1}"#, deep.as_str()], 1),
            (vec![r#"{"a":1}"#, &format!("{{{}}}", many.join(","))], 4),
            (vec![r#"{"a":1,"b":-1,"c":1e300,"d":1.5}"#], 0),
        ] {
            let figures = told(&objects);
            assert_eq!(figures.count("a"), Some(1), "{odd}");
            assert!([figures.count("b"), figures.count("c"), figures.count("d")].iter().all(Option::is_none));
            assert_eq!(figures.into_raw().1, odd);
        }
    }

    #[test]
    fn an_object_that_was_cut_off_is_forgotten() {
        let mut figures = Figures::default();
        figures.tap(br#"{"a":1"#);
        figures.restart();
        figures.tap(br#"{"a":2}"#);
        figures.tapped();
        assert_eq!((figures.count("a"), figures.into_raw().1), (Some(2), 0));
    }
}
