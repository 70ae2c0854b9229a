//! The scanner gives the same for every split, and what a JSON parser gives.

use proptest::prelude::*;

use super::scalar::Written;
use super::*;

/// Follows every member of every object and array down to [`limits::SCAN_DEPTH`], and writes down what it is given.
#[derive(Default)]
struct Everything(Vec<String>);

#[derive(Clone, Copy)]
enum Place {
    /// Whatever is not below.
    Any,
    /// Below a key `content`: seen to be there, not captured.
    Content,
    /// Below a key `array`: not gone into.
    Closed,
}

impl Shape for Everything {
    type Place = Place;
    const ROOT: Place = Place::Any;

    fn member(_: Place, key: &[u8]) -> Option<Place> {
        match key {
            b"skip" => None,
            b"content" => Some(Place::Content),
            b"closed" => Some(Place::Closed),
            _ => Some(Place::Any),
        }
    }

    fn element(place: Place) -> Option<Place> {
        Some(place)
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Any)
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        self.0.push(format!("open {container:?}"));
        !matches!(place, Place::Closed)
    }

    fn close(&mut self, _: Place) {
        self.0.push("close".to_owned());
    }

    fn scalar(&mut self, _: Place, scalar: &Scalar<'_>) {
        self.0.push(match scalar {
            Scalar::Text { empty, text: written } => match written.and_then(Written::decode) {
                Some(decoded) => text(&decoded),
                None => uncaptured(*empty),
            },
            Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) | Scalar::Unknown => format!("{scalar:?}"),
        });
    }
}

/// What the scanner gives for a document cut into the pieces, and its state after.
fn scan(pieces: &[&[u8]]) -> (Vec<String>, State) {
    let mut scanner = Scanner::new::<Everything>();
    let mut shape = Everything::default();
    pieces.iter().for_each(|piece| scanner.push(piece, &mut shape));
    (shape.0, scanner.state)
}

fn text(text: &str) -> String {
    format!("{text:?}")
}

fn uncaptured(empty: bool) -> String {
    format!("text, empty: {empty}")
}

fn check(document: &[u8], expect: &[String], state: State) {
    let whole = scan(&[document]);
    assert_eq!(whole.0, expect, "{}", document.escape_ascii());
    assert_eq!(whole.1, state, "{}", document.escape_ascii());
    for at in 0..=document.len() {
        let (a, b) = document.split_at(at);
        assert_eq!(scan(&[a, b]), whole, "cut at {at} of {}", document.escape_ascii());
    }
    let bytes: Vec<&[u8]> = document.chunks(1).collect();
    assert_eq!(scan(&bytes), whole, "byte by byte: {}", document.escape_ascii());
}

fn object(inside: &[&str]) -> Vec<String> {
    let mut all = vec!["open Object".to_owned()];
    all.extend(inside.iter().map(|line| (*line).to_owned()));
    all.push("close".to_owned());
    all
}

#[test]
fn values_of_every_kind() {
    check(b"{}", &object(&[]), State::Done);
    check(b"\r\n\r\n {\t} trailing", &object(&[]), State::Done);
    check(br#"{"a":"b"}"#, &object(&[&text("b")]), State::Done);
    check(
        br#"{"a" : null , "b":true,"c":false}"#,
        &object(&["Null", "Bool(true)", "Bool(false)"]),
        State::Done,
    );
    check(br#"{"a":-1.5e+3,"b":0}"#, &object(&["Number(\"-1.5e+3\")", "Number(\"0\")"]), State::Done);
    check(br#"{"a":NaN,"b":Infinity}"#, &object(&["Unknown", "Unknown"]), State::Done);
    check(br#"{"a":[]}"#, &object(&["open Array", "close"]), State::Done);
    check(
        br#"{"a":[1,[2],{"b":3}]}"#,
        &object(&[
            "open Array",
            "Number(\"1\")",
            "open Array",
            "Number(\"2\")",
            "close",
            "open Object",
            "Number(\"3\")",
            "close",
            "close",
        ]),
        State::Done,
    );
    check(br#"[]"#, &["open Array".to_owned(), "close".to_owned()], State::Done);
    check(br#""root""#, &[text("root")], State::Done);
}

#[test]
fn strings_are_decoded_or_absent() {
    check(br#"{"a":"\"\\\/\n\u00e9\ud83d\ude00"}"#, &object(&[&text("\"\\/\né😀")]), State::Done);
    check("{\"a\":\"é😀\"}".as_bytes(), &object(&[&text("é😀")]), State::Done);
    check(br#"{"\u0061":1,"sk\u0069p":2}"#, &object(&["Number(\"1\")"]), State::Done);
    check(br#"{"a":"\x"}"#, &object(&[&uncaptured(false)]), State::Done);
    check(b"{\"a\":\"\xff\"}", &object(&[&uncaptured(false)]), State::Done);
    check(
        br#"{"content":"text","content":""}"#,
        &object(&[&uncaptured(false), &uncaptured(true)]),
        State::Done,
    );
    check(br#"{"content":"\n","b":1}"#, &object(&[&uncaptured(false), "Number(\"1\")"]), State::Done);
}

#[test]
fn what_is_not_of_interest_is_passed_over() {
    check(
        br#"{"skip":{"a":"}]\"","b":[{}]},"skip":"\\","skip":[1,"]"],"skip":12,"a":1}"#,
        &object(&["Number(\"1\")"]),
        State::Done,
    );
    check(br#"{"closed":[1,2,{"a":"]"}],"a":1}"#, &object(&["open Array", "Number(\"1\")"]), State::Done);
}

#[test]
fn caps_make_values_absent_and_spare_the_rest() {
    let fits = "x".repeat(limits::TEXT);
    check(
        format!(r#"{{"a":"{fits}","b":1}}"#).as_bytes(),
        &object(&[&text(&fits), "Number(\"1\")"]),
        State::Done,
    );
    check(
        format!(r#"{{"a":"{fits}x","b":1}}"#).as_bytes(),
        &object(&[&uncaptured(false), "Number(\"1\")"]),
        State::Done,
    );
    check(format!(r#"{{"{fits}x":1,"b":1}}"#).as_bytes(), &object(&["Number(\"1\")"]), State::Done);
    let digits = "1".repeat(limits::WORD + 1);
    check(
        format!(r#"{{"a":{digits},"b":1}}"#).as_bytes(),
        &object(&["Unknown", "Number(\"1\")"]),
        State::Done,
    );

    let deep = "[".repeat(50_000) + &"]".repeat(50_000);
    let (given, state) = scan(&[format!(r#"{{"a":{deep},"b":1}}"#).as_bytes()]);
    assert_eq!(state, State::Done);
    assert_eq!(given.iter().filter(|line| *line == "open Array").count(), limits::SCAN_DEPTH - 1);
    assert!(given.contains(&"Number(\"1\")".to_owned()));
}

#[test]
fn malformed_documents_break_and_keep_what_came_before() {
    for (document, given) in [
        (&b"<html>"[..], 0),
        (b"{\"a\":1]", 2),
        (b"{\"a\":1,}", 2),
        (b"{a:1}", 1),
        (b"{\"a\" 1}", 1),
        (b"{\"a\":[1}", 3),
        (b"{\"a\":[1 2]}", 3),
        (b"{\"a\":,}", 1),
        (b"\x1f\x8b\x08", 0),
        (b"{\"a\":\"b\"\"c\"}", 2),
    ] {
        let (lines, state) = scan(&[document]);
        assert_eq!((lines.len(), state), (given, State::Broken), "{}", document.escape_ascii());
        check(document, &lines, State::Broken);
    }
}

#[test]
fn an_unfinished_document_is_neither_done_nor_broken() {
    let document = br#"{"a":{"b":[1,"c"]},"content":"d"}"#;
    for at in 0..document.len() {
        let (_, state) = scan(&[&document[..at]]);
        assert!(!matches!(state, State::Done | State::Broken), "{at}");
    }
}

#[test]
fn of_a_document_that_is_cut_off_inside_content_the_content_is_seen() {
    for (document, seen) in [
        (&br#"{"content":"some te"#[..], vec![uncaptured(false)]),
        (br#"{"content":""#, vec![uncaptured(true)]),
        (br#"{"content"#, vec![]),
        (br#"{"a":"some te"#, vec![]),
        (br#"{"skip":"some te"#, vec![]),
    ] {
        let mut scanner = Scanner::new::<Everything>();
        let mut shape = Everything::default();
        scanner.push(document, &mut shape);
        scanner.cut(&mut shape);
        assert_eq!(&shape.0[1..], &seen, "{}", document.escape_ascii());
        assert!(scanner.is_broken());
    }
}

#[test]
fn numbers_are_what_they_say() {
    for (number, whole, real) in [
        ("0", Some(0), Some(0.0)),
        ("18446744073709551615", Some(u64::MAX), Some(18_446_744_073_709_551_615.0)),
        ("18446744073709551616", None, Some(18_446_744_073_709_551_616.0)),
        ("100.0", Some(100), Some(100.0)),
        ("1e3", Some(1000), Some(1000.0)),
        ("-1", None, Some(-1.0)),
        ("0.7", None, Some(0.7)),
        ("1e999", None, None),
        ("1-2", None, None),
    ] {
        let scalar = Scalar::Number(number);
        assert_eq!((scalar.as_u64(), scalar.as_f64()), (whole, real), "{number}");
    }
}

#[test]
fn a_restarted_scanner_knows_nothing_of_the_document_before() {
    let mut scanner = Scanner::new::<Everything>();
    let mut shape = Everything::default();
    scanner.push(br#"{"a":[{"b":"unfin"#, &mut shape);
    scanner.restart::<Everything>();
    shape.0.clear();
    scanner.push(br#"{"a":"b"}"#, &mut shape);
    assert_eq!((shape.0, scanner.is_done()), (object(&[&text("b")]), true));
}

#[test]
fn debug_shows_no_content() {
    let mut scanner = Scanner::new::<Everything>();
    scanner.push(br#"{"a":"CANARY-in-flight"#, &mut Everything::default());
    assert!(!format!("{scanner:?}").contains("CANARY"));
}

/// JSON-like text: made of what JSON is made of, mostly malformed, sometimes not.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just(b"{\"a\":".to_vec()),
        Just(b"{".to_vec()),
        Just(b"}".to_vec()),
        Just(b"[".to_vec()),
        Just(b"]".to_vec()),
        Just(b",".to_vec()),
        Just(b":".to_vec()),
        Just(b"\"content\":".to_vec()),
        Just(b"\"skip\":".to_vec()),
        Just(b"\"b\\\"\\u00e9\"".to_vec()),
        Just(b"\"c\"".to_vec()),
        Just(b"\\".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"-1.5e7".to_vec()),
        Just(b"null".to_vec()),
        Just(b" \n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_give_the_same(document in fragments(), cuts in proptest::collection::vec(0usize..200, 0..6)) {
        let whole = scan(&[&document]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(document.len())).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&document[from..cut]);
            from = cut;
        }
        pieces.push(&document[from..]);
        prop_assert_eq!(scan(&pieces), whole);
    }

    #[test]
    fn what_a_json_writer_writes_is_read_back(texts in proptest::collection::vec(".{0,40}", 0..5)) {
        let document = sonic_rs::to_string(&texts).unwrap();
        let (given, state) = scan(&[document.as_bytes()]);
        prop_assert_eq!(state, State::Done);
        let expect: Vec<String> = texts.iter().map(|t| text(t)).collect();
        prop_assert_eq!(&given[1..given.len() - 1], &expect[..]);
    }
}
