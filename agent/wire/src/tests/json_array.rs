//! Bodies that are one JSON text, array or not.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Driver, Input, byte_by_byte, c2s, check, gap_s2c, render, run, s2c};
use crate::{Direction, Kind, Notice, limits};

const GET: &str = "GET /0 HTTP/1.1\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";

/// What comes of a body that ends with the connection.
#[track_caller]
fn check_body(body: impl AsRef<[u8]>, lines: &[&str]) {
    let lines: String = lines.iter().map(|line| format!("0< {line}\n")).collect();
    check(
        &[c2s(GET), s2c([HEAD.as_bytes(), body.as_ref()].concat())],
        &format!("0> GET /0\n0> end Complete\n0< 200 content-type=application/json\n{lines}0< end Closed"),
    );
}

#[test]
fn gemini_stream() {
    let first = "{\n  \"candidates\": [\n    {\n      \"content\": {\n        \"parts\": [{\"text\": \"Hel\"}]\n      }\n    }\n  ]\n}";
    let last = "{\n  \"usageMetadata\": {\n    \"totalTokenCount\": 41\n  }\n}";
    let chunk = |bytes: &str| format!("{:x}\r\n{bytes}\r\n", bytes.len());
    let chunks = [&format!("[{first}"), "\n,\r\n", last, "\n]\n"].map(chunk).concat();
    let shown = |text: &str| text.as_bytes().escape_ascii().to_string();
    check(
        &[
            c2s(GET),
            s2c(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            s2c(format!("{chunks}0\r\n\r\n")),
        ],
        &format!(
            "0> GET /0
             0> end Complete
             0< 200 content-type=application/json; charset=UTF-8 transfer-encoding=chunked
             0< json {}
             0< json {}
             0< end Complete",
            shown(first),
            shown(last)
        ),
    );
}

#[test]
fn brackets_in_strings_are_text() {
    check_body(
        r#"[{"a":"]},{","b":"\"}]\\"},["]},{",[]],"]},{\""]"#,
        &[r#"json {\"a\":\"]},{\",\"b\":\"\\\"}]\\\\\"}"#, r#"json [\"]},{\",[]]"#, r#"json \"]},{\\\"\""#],
    );
}

#[test]
fn elements_of_all_kinds() {
    check_body(
        "\u{feff} \r\n[1 ,-2.5e+3,true\n,\tfalse,null,\"\",{},[] ]\r\n ",
        &[
            "json 1",
            "json -2.5e+3",
            "json true",
            "json false",
            "json null",
            r#"json \"\""#,
            "json {}",
            "json []",
        ],
    );
    check_body("[]", &[]);
    check_body(" [ \n ] ", &[]);
    check_body("[7]", &["json 7"]);
}

#[test]
fn what_is_no_array_is_given_as_it_is() {
    check_body(r#"{"a":[1,{"b":2}]}"#, &[r#"body {\"a\":[1,{\"b\":2}]}"#]);
    check_body("\n\r\n \n{} \n", &[r"body {} \n"]);
    check_body("\u{feff}\n\"[\"", &[r#"body \"[\""#]);
    check_body("{}\n{}\n", &[r"body {}\n{}\n"]);
    check_body("x[1]", &["body x[1]"]);
    check_body("1[1]", &["body 1[1]"]);
    check_body(b"\xff\xfe[\0", &[r"body \xff\xfe[\x00"]);
    check_body(" \n", &[]);
    check_body("", &[]);
    // A mark comes once, and first.
    check_body("\u{feff}\u{feff}[]", &[r"body \xef\xbb\xbf[]"]);
    check_body(" \u{feff}[]", &[r"body \xef\xbb\xbf[]"]);
}

#[test]
fn requests_are_given_as_they_are() {
    check(
        &[c2s("POST /0 HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 6\r\n\r\n [1,2]")],
        "
        0> POST /0 content-type=application/json content-length=6
        0> body  [1,2]
        0> end Complete
        0< end Cut
        ",
    );
}

#[test]
fn what_is_no_array_after_all_is_said_once() {
    let malformed = r#"Malformed("json array")"#;
    for (body, item) in [
        ("[{}{}]", Some("json {}")),
        ("[1 2]", Some("json 1")),
        ("[1],[2]", Some("json 1")),
        ("[1]x[2]", Some("json 1")),
        ("[1]\n[2]\n", Some("json 1")),
        ("[1,,2]", Some("json 1")),
        ("[1,]", Some("json 1")),
        ("[,1]", None),
        ("[:]", None),
        ("[}]", None),
        ("[1:2]", None),
        ("[1{}]", None),
        ("[x]", None),
        ("[\0]", None),
        // The body ends amid the array.
        ("[", None),
        ("[1", None),
        ("[1,", Some("json 1")),
        ("[1 ", Some("json 1")),
        (r#"["]"#, None),
        ("[{}", Some("json {}")),
        ("[{}\n,\r\n{", Some("json {}")),
    ] {
        let mut lines: Vec<_> = item.into_iter().collect();
        lines.push(malformed);
        check_body(body, &lines);
    }
}

#[test]
fn cut_arrays_give_what_is_whole() {
    check(
        &[
            c2s(GET),
            s2c(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[{\"a\":1},{\"b\"",
            ),
        ],
        r#"
        0> GET /0
        0> end Complete
        0< 200 content-type=application/json content-length=99
        0< json {\"a\":1}
        0< end Cut
        "#,
    );
}

#[test]
fn separators_delay_no_element() {
    let mut driver = Driver::new(true);
    driver.feed(&c2s(GET));
    driver.feed(&s2c(HEAD));
    for piece in ["[", "{", "}", "\n,\r\n", " {}", ",1", "2", " ", ",\"a\"", "]", "\n"] {
        driver.feed(&s2c(piece));
    }
    let places: Vec<_> = driver
        .messages
        .iter()
        .filter(|m| matches!(m.kind, Kind::Json(_)))
        .map(|m| (m.offset.0 - HEAD.len() as u64, m.first_at.0 - 2, m.at.0 - 2))
        .collect();
    assert_eq!(places, [(1, 2, 3), (8, 5, 5), (11, 6, 8), (15, 9, 9)]);
}

#[test]
fn nothing_is_copied_that_lies_within_a_piece() {
    for (body, messages) in [("[{\"a\":1},\"b\",3]", 3), (" {\"a\":1}", 1)] {
        let mut driver = Driver::new(true);
        driver.feed(&c2s(GET));
        driver.feed(&s2c(HEAD));
        let bytes = bytes::Bytes::from(body.as_bytes().to_vec());
        let within = bytes.as_ptr_range();
        driver.connection.push(Direction::ToClient, bytes, crate::StreamOffset(0), crate::Time(9));
        let mut slices = 0;
        while let Some(message) = driver.connection.poll() {
            if let Kind::Json(crate::JsonItem { data, .. }) | Kind::Body(data) = message.kind {
                assert!(within.contains(&data.as_ptr()));
                slices += 1;
            }
        }
        assert_eq!(slices, messages);
        assert!(driver.connection.held() < 1_024);
    }
}

#[test]
fn after_a_gap_raw_goes_on_and_an_array_does_not() {
    check(
        &[c2s(GET), s2c(format!("{HEAD}{{\"a\":")), gap_s2c(3), s2c("[1]}")],
        r#"
        0> GET /0
        0> end Complete
        0< 200 content-type=application/json
        0< body {\"a\":
        0~< Gap(3)
        0~< body [1]}
        0~< end Closed
        "#,
    );
    // Whether it is an array is not known.
    check(
        &[c2s(GET), s2c(HEAD), gap_s2c(3), s2c("[1]}")],
        "
        0> GET /0
        0> end Complete
        0< 200 content-type=application/json
        0~< Gap(3)
        0~< body [1]}
        0~< end Closed
        ",
    );
    for (before, given) in [
        ("[", ""),
        ("[{}", "0< json {}"),
        ("[{},", "0< json {}"),
        ("[{},1", "0< json {}"),
        ("[{},{\"a", "0< json {}"),
    ] {
        check(
            &[
                c2s(GET),
                s2c(format!("{HEAD}{before}")),
                gap_s2c(3),
                s2c("{}\n,\r\n{}"),
                gap_s2c(1),
                s2c("\n]"),
            ],
            &format!(
                r#"
                0> GET /0
                0> end Complete
                0< 200 content-type=application/json
                {given}
                0~< Gap(3)
                0~< Unsupported("json array after a gap")
                0~< Gap(1)
                0~< end Closed
                "#
            ),
        );
    }
    // All of it came.
    check(
        &[c2s(GET), s2c(format!("{HEAD}[1]")), gap_s2c(3), s2c(" ")],
        "
        0> GET /0
        0> end Complete
        0< 200 content-type=application/json
        0< json 1
        0~< Gap(3)
        0~< end Closed
        ",
    );
}

#[test]
fn long_elements_are_bounded_and_marked() {
    for (length, truncated) in
        [(limits::JSON_ITEM_BYTES, false), (limits::JSON_ITEM_BYTES + 1, true), (20 << 20, true)]
    {
        let text = format!("\"{}\"", "]".repeat(length - 2));
        let body = format!("{HEAD}[{text},{{}}\n,{}]", "7".repeat(length));
        for piece_size in [16 << 10, 100_000, 64 << 20] {
            let mut driver = Driver::new(true);
            driver.feed(&c2s(GET));
            for piece in body.as_bytes().chunks(piece_size) {
                driver.feed(&Input::Bytes(Direction::ToClient, piece.to_vec()));
            }
            let items: Vec<_> = driver
                .messages
                .iter()
                .filter_map(|m| match &m.kind {
                    Kind::Json(item) => Some((item.data.len(), item.truncated)),
                    _ => None,
                })
                .collect();
            let long = (length.min(limits::JSON_ITEM_BYTES), truncated);
            assert_eq!(items, [long, (2, false), long]);
            let limit = |m: &&crate::Message| m.kind == Kind::Notice(Notice::Limit("json item"));
            assert_eq!(driver.messages.iter().filter(limit).count(), if truncated { 2 } else { 0 });
            assert!(driver.connection.held() < 1_024, "let go of it");
        }
    }
}

#[test]
fn depth_costs_nothing() {
    for body in ["[".repeat(8 << 20), "[{\"a\":".repeat(1 << 20)] {
        let mut driver = Driver::new(true);
        driver.feed(&c2s(GET));
        driver.feed(&s2c(HEAD));
        body.as_bytes().chunks(16 << 10).for_each(|piece| driver.feed(&s2c(piece)));
        assert!(driver.connection.held() <= 2 * limits::JSON_ITEM_BYTES);
        driver.close();
        assert!(driver.messages.iter().any(|m| m.kind == Kind::Notice(Notice::Malformed("json array"))));
    }
    let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    let messages = run(true, &[c2s(GET), s2c(HEAD), s2c(&deep)]);
    let item = messages.iter().find_map(|m| match &m.kind {
        Kind::Json(item) => Some(item.data.len()),
        _ => None,
    });
    assert_eq!(item, Some(200_000));
}

/// A JSON value, without white space.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[a-z\"\\\\{}\\[\\],:\n ü]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Into::into),
            vec(("[a-z\"\\\\{}\\[\\]]{0,4}", inner), 0..4)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn elements_before_a_gap_are_given_and_no_other(
        values in vec((value(), any::<bool>()), 0..8),
        separator in select(vec![",", "\n,\r\n", ",\r\n", " , "]),
        cuts in vec(any::<Index>(), 0..6),
        gap in proptest::option::of(any::<(Index, Index)>()),
    ) {
        let mut body = format!("{HEAD}[");
        let mut ends = Vec::new();
        let mut texts = Vec::new();
        for (index, (value, pretty)) in values.iter().enumerate() {
            let text = if *pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) }.unwrap();
            body += if index > 0 { separator } else { "" };
            body += &text;
            // A byte more where the value has no end of its own.
            let open = !text.ends_with(['}', ']', '"']);
            ends.push(body.len() + usize::from(open));
            texts.push(text);
        }
        body += "\n]\n";
        let place = |index: Index| HEAD.len() + index.index(body.len() - HEAD.len() + 1);
        let (from, to) = gap.map_or((body.len(), body.len()), |(a, b)| (place(a).min(place(b)), place(a).max(place(b))));
        let inputs = super::properties::cut(Direction::ToClient, body.as_bytes(), &cuts);
        let mut inputs = super::properties::with_gap(inputs, Direction::ToClient, from, to);
        inputs.insert(0, c2s(GET));
        let messages = run(true, &inputs);
        let given: Vec<_> = messages.iter().filter_map(|m| match &m.kind {
            Kind::Json(item) => Some(String::from_utf8(item.data.to_vec()).unwrap()),
            _ => None,
        }).collect();
        let whole = ends.iter().filter(|end| from == to || **end <= from).count();
        prop_assert_eq!(&given, &texts[..whole]);
        prop_assert_eq!(render(&messages), render(&run(true, &byte_by_byte(&inputs))));
    }

    #[test]
    fn garbage_is_survived(
        parts in vec(select(vec!["[", "]", "{", "}", ",", "\"", "\\", "1", "tr", " ", "\n", "\u{feff}", "x", ":"]), 0..60),
        gap in proptest::option::of(0_usize..60),
    ) {
        let mut inputs = vec![c2s(GET), s2c(HEAD)];
        for (index, part) in parts.iter().enumerate() {
            if gap == Some(index) {
                inputs.push(gap_s2c(3));
            }
            inputs.push(s2c(part));
        }
        prop_assert_eq!(render(&run(true, &inputs)), render(&run(true, &byte_by_byte(&inputs))));
    }
}
