//! HTTP/2 by whoever wants to harm: frames that lie, repeat, or are out of place. Floods are in
//! `h2_floods`, bombs in `h2_bombs`, what is no HTTP/2 in `h2_garbage`, what was good in `h2_damage`. Every cap holds ([`Driver`] looks after each push), everything that began ends
//! once, and where framing is intact the next stream is decoded.

use super::h2::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PUSH_PROMISE,
    RST_STREAM, SETTINGS, block, frame, hello, indexed_block, request, response,
};
use super::{Driver, Input, assert_ends, c2s, gap_c2s, render, s2c};
use crate::{Direction, End, Kind, Notice, limits};

/// A connection seen from its first byte, after both sides' first frames.
pub(super) fn begun() -> Driver {
    let mut driver = Driver::new(true);
    hello().iter().for_each(|input| driver.feed(input));
    driver
}

/// The same bytes in pieces of `size`.
pub(super) fn feed_in_pieces(driver: &mut Driver, direction: Direction, bytes: &[u8], size: usize) {
    for piece in bytes.chunks(size) {
        driver.feed(&Input::Bytes(direction, piece.to_vec()));
    }
}

pub(super) fn lines(driver: &Driver) -> Vec<String> {
    render(&driver.messages).into_iter().map(|(line, _)| line.trim_end().to_owned()).collect()
}

pub(super) fn count(driver: &Driver, wanted: Notice) -> usize {
    driver.messages.iter().filter(|message| message.kind == Kind::Notice(wanted)).count()
}

/// The next stream is decoded as if nothing had been.
#[track_caller]
pub(super) fn assert_alive(driver: &mut Driver, stream: u32) {
    let before = driver.messages.len();
    driver.feed(&c2s(request(stream, END_STREAM, "/alive")));
    driver.feed(&s2c([response(stream, 0, &[]), frame(DATA, END_STREAM, stream, b"ok")].concat()));
    let lines: Vec<_> = render(&driver.messages[before..])
        .into_iter()
        .map(|(line, _)| line.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned())
        .collect();
    let expect = [
        "> POST /alive :scheme=https :authority=h",
        "> end Complete",
        "< 200",
        "< body ok",
        "< end Complete",
    ];
    assert_eq!(lines, expect);
}

#[track_caller]
pub(super) fn close(mut driver: Driver) -> Driver {
    driver.close();
    assert_ends(&driver.messages);
    driver
}

pub(super) fn fields() -> Vec<u8> {
    block(&[(":method", "POST"), (":path", "/x")])
}

/// What the body is made of is read from all fields, as over HTTP/1.
#[test]
fn many_fields() {
    let many = block(&[("x", "y")]).repeat(limits::HEADER_FIELDS);
    let late = block(&[("content-type", "text/event-stream")]);
    let mut driver = begun();
    driver.feed(&c2s(request(1, END_STREAM, "/x")));
    driver.feed(&s2c(frame(HEADERS, END_HEADERS, 1, [&[0x88][..], &many, &late].concat())));
    driver.feed(&s2c(frame(DATA, END_STREAM, 1, b"data: x\n\n")));
    let all = lines(&driver);
    assert_eq!(all[2], "0< Limit(\"header fields\")");
    assert_eq!(all[all.len() - 2..], ["0< event - x", "0< end Complete"]);
    assert_alive(&mut driver, 3);
    close(driver);
}

#[test]
fn the_longest_frame_of_each_type() {
    const LENGTH: usize = (1 << 24) - 1;
    for what in (0..=10).chain([0xff]) {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let stream = u32::from(!matches!(what, SETTINGS | PING | GOAWAY));
            let mut driver = begun();
            let header = [&[0xff, 0xff, 0xff, what, END_HEADERS][..], &stream.to_be_bytes()].concat();
            driver.feed(&Input::Bytes(direction, header));
            let filler = vec![0xaa; 1 << 18];
            let mut left = LENGTH;
            while left > 0 {
                let length = left.min(filler.len());
                driver.feed(&Input::Bytes(direction, filler[..length].to_vec()));
                left -= length;
            }
            assert!(driver.connection.held() < 8 * limits::HEAD_BYTES, "type {what}");
            // Those that may not be so long are not passed over but searched.
            driver.feed(&Input::Bytes(direction, frame(PING, ACK, 0, [1; 8]).repeat(4)));
            assert_alive(&mut driver, 3);
            close(driver);
        }
    }
}

#[test]
fn padding_that_is_longer_than_its_frame() {
    let mut driver = begun();
    driver.feed(&c2s(request(1, 0, "/x")));
    driver.feed(&c2s(frame(DATA, PADDED, 1, [200, 1, 2])));
    driver.feed(&c2s(frame(DATA, PADDED, 1, [])));
    driver.feed(&c2s(frame(DATA, PADDED, 1, [0])));
    driver.feed(&c2s(frame(DATA, PADDED | END_STREAM, 1, [255])));
    driver.feed(&c2s(frame(HEADERS, PADDED | END_HEADERS, 3, [&[200][..], &fields()].concat())));
    driver.feed(&c2s(frame(HEADERS, PADDED | END_HEADERS, 3, [])));
    driver.feed(&s2c(frame(PUSH_PROMISE, END_HEADERS | PADDED, 1, [9, 0, 0, 0])));
    let malformed = "1> Malformed(\"HEADERS frame\")";
    let expect = ["0> POST /x :scheme=https :authority=h", "0> end Complete", malformed, malformed];
    assert_eq!(lines(&driver)[..4], expect);
    assert_alive(&mut driver, 5);
    close(driver);
}

#[test]
fn going_away_twice() {
    let away = |last: u32| frame(GOAWAY, 0, 0, [last.to_be_bytes(), [0; 4]].concat());
    let mut driver = begun();
    driver.feed(&c2s([request(1, END_STREAM, "/x"), request(3, END_STREAM, "/x")].concat()));
    driver.feed(&s2c([away(u32::MAX >> 1), away(u32::MAX)].concat()));
    assert_alive(&mut driver, 5);
    driver.feed(&s2c([away(1), away(1), away(0), away(0)].concat()));
    driver.feed(&c2s([away(0), away(0)].concat()));
    assert_eq!(count(&driver, Notice::GoAway(0)), 8);
    // Who still asks is answered or not; both are told.
    assert_alive(&mut driver, 7);
    let driver = close(driver);
    let cut = driver.messages.iter().filter(|message| message.kind == Kind::End(End::Cut)).count();
    assert_eq!(cut, 2);
}

/// Neither a stream that may not be promised nor one that is there becomes another exchange, and none hides those of
/// the client that follow.
#[test]
fn promises_of_what_cannot_be_promised() {
    for whole in [true, false] {
        for promised in [0_u32, 1, 3, 5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let mut driver = Driver::new(whole);
            hello().iter().for_each(|input| driver.feed(input));
            driver.feed(&s2c(frame(PING, 0, 0, [0; 8]).repeat(4)));
            driver.feed(&c2s(request(1, END_STREAM, "/x")));
            let payload =
                [&promised.to_be_bytes()[..], &indexed_block(&[(":path", "/p"), ("a", "b")])].concat();
            driver.feed(&s2c(frame(PUSH_PROMISE, END_HEADERS, 1, payload)));
            assert_alive(&mut driver, 3);
            driver.feed(&s2c(frame(HEADERS, END_HEADERS | END_STREAM, 1, [0x88, 0xbe])));
            assert!(lines(&driver).contains(&"0< 200 a=b".to_owned()), "{promised}: {:?}", lines(&driver));
            let driver = close(driver);
            let exchanges = driver.messages.iter().map(|message| message.exchange.0).max();
            assert!(exchanges <= Some(2), "{promised}: {:?}", lines(&driver));
            assert_eq!(driver.messages.iter().filter(|m| matches!(m.kind, Kind::End(_))).count(), 4);
        }
    }
}

#[test]
fn the_last_stream_there_can_be() {
    const LAST: u32 = 0x7fff_ffff;
    let mut driver = begun();
    assert_alive(&mut driver, 1);
    driver.feed(&s2c(frame(GOAWAY, 0, 0, [LAST.to_be_bytes(), [0; 4]].concat())));
    assert_alive(&mut driver, LAST);
    driver.feed(&c2s(frame(RST_STREAM, 0, LAST, [0; 4])));
    driver.feed(&s2c(frame(DATA, END_STREAM, LAST, b"more")));
    assert_eq!(driver.messages.len(), 11);
    // The reserved bit means nothing.
    let mut driver = begun();
    assert_alive(&mut driver, 0x8000_0001);
    driver.feed(&s2c(frame(DATA, 0, 1, b"more")));
    assert_eq!(driver.messages.len(), 5);
    assert_alive(&mut driver, 3);
    close(driver);
}

#[test]
fn numbers_that_are_used_again() {
    let mut driver = begun();
    assert_alive(&mut driver, 1);
    assert_alive(&mut driver, 5);
    let before = driver.messages.len();
    for stream in [1, 3, 5] {
        driver.feed(&c2s([request(stream, 0, "/again"), frame(DATA, END_STREAM, stream, b"x")].concat()));
        driver.feed(&s2c([response(stream, 0, &[]), frame(DATA, END_STREAM, stream, b"x")].concat()));
    }
    assert_eq!(driver.messages.len(), before, "{:?}", lines(&driver));
    assert_alive(&mut driver, 7);
    close(driver);
}

#[test]
fn a_second_head_on_a_stream_is_no_head() {
    let mut driver = begun();
    driver.feed(&c2s([request(1, 0, "/one"), request(1, END_STREAM, "/two")].concat()));
    let all = lines(&driver);
    assert_eq!(all.iter().filter(|line| line.contains("POST")).count(), 1, "{all:?}");
    assert_eq!(all[all.len() - 1], "0> end Complete");
    assert_alive(&mut driver, 3);
    close(driver);
}

/// A block belongs to one stream; another's frame within it ends it.
#[test]
fn continuations_of_another_stream() {
    let whole = block(&[(":method", "POST"), (":path", "/x"), ("a", "b")]);
    let (front, back) = whole.split_at(whole.len() - 5);
    let mut driver = begun();
    driver.feed(&c2s(frame(HEADERS, END_STREAM, 1, front)));
    driver.feed(&c2s(frame(CONTINUATION, END_HEADERS, 3, back)));
    assert_eq!(
        lines(&driver),
        [
            "0> Malformed(\"header block\")",
            "0> (partial) POST /x",
            "0> end Complete",
            "1> Malformed(\"CONTINUATION frame\")"
        ]
    );
    assert_alive(&mut driver, 5);
    close(driver);
}

#[test]
fn answers_to_what_was_not_asked() {
    let mut driver = begun();
    driver.feed(&s2c([response(1, 0, &[]), frame(DATA, 0, 1, b"early")].concat()));
    driver.feed(&c2s(request(1, END_STREAM, "/x")));
    driver.feed(&s2c(frame(DATA, END_STREAM, 1, b"late")));
    assert_eq!(
        lines(&driver),
        [
            "0< 200",
            "0< body early",
            "0> POST /x :scheme=https :authority=h",
            "0> end Complete",
            "0< body late",
            "0< end Complete"
        ]
    );
    driver.feed(&s2c(response(3, END_STREAM, &[])));
    driver.feed(&s2c(frame(DATA, END_STREAM, 5, b"x")));
    assert_alive(&mut driver, 7);
    close(driver);
}

#[test]
fn the_preface_twice() {
    let mut driver = begun();
    assert_alive(&mut driver, 1);
    driver.feed(&c2s([PREFACE, &frame(SETTINGS, 0, 0, [0; 18]), &frame(SETTINGS, ACK, 0, [])].concat()));
    driver.feed(&c2s(frame(PING, 0, 0, [0; 8]).repeat(3)));
    assert_alive(&mut driver, 3);
    close(driver);
}

#[test]
fn the_preface_with_a_hole() {
    for (from, to) in [(0, 1), (0, 24), (3, 9), (15, 20), (16, 24), (23, 24), (17, 30)] {
        let first = [PREFACE, &frame(SETTINGS, 0, 0, [0; 6])].concat();
        let mut driver = Driver::new(true);
        driver.feed(&c2s(&first[..from]));
        driver.feed(&gap_c2s((to - from) as u64));
        driver.feed(&c2s(&first[to..]));
        driver.feed(&s2c(frame(SETTINGS, 0, 0, [0; 6])));
        driver.feed(&c2s(frame(PING, 0, 0, [0; 8]).repeat(3)));
        driver.feed(&s2c(frame(PING, 0, 0, [0; 8]).repeat(3)));
        assert_alive(&mut driver, 1);
        close(driver);
    }
}

/// Who joined late takes the server for the client: that is found out, and nothing stays open.
#[test]
fn roles_that_were_mistaken() {
    let pings = frame(PING, 0, 0, [0; 8]).repeat(3);
    for size in [usize::MAX, 100, 1] {
        let mut driver = Driver::new(false);
        feed_in_pieces(&mut driver, Direction::ToClient, &pings, size);
        feed_in_pieces(&mut driver, Direction::ToServer, &pings, size);
        feed_in_pieces(&mut driver, Direction::ToServer, &frame(DATA, 0, 9, b"amid a response"), size);
        assert!(!driver.connection.is_foreign());
        feed_in_pieces(&mut driver, Direction::ToClient, &request(11, END_STREAM, "/x"), size);
        assert!(driver.connection.is_foreign());
        assert_ends(&driver.messages);
        assert_eq!(driver.connection.held(), 0);
    }
}

/// Where the preface was seen, roles are sure: a head of the wrong kind ends nothing.
#[test]
fn heads_of_the_wrong_kind_on_a_connection_whose_roles_are_known() {
    let mut driver = begun();
    driver.feed(&c2s(request(1, END_STREAM, "/x")));
    driver.feed(&c2s(response(3, END_STREAM, &[])));
    driver.feed(&s2c(request(5, END_STREAM, "/x")));
    assert!(!driver.connection.is_foreign());
    driver.feed(&s2c(response(1, END_STREAM, &[])));
    assert_alive(&mut driver, 7);
    close(driver);
}
