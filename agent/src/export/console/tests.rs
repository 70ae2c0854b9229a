//! Blocks as a person sees them.

use genai::{Call, Failure, Outcome, Response};

use super::*;
use crate::span::build::tests::{CLOCK, bare_call, full_call, process, span};
use crate::span::{ConnectionInfo, build};

#[test]
fn a_full_call() {
    assert_eq!(
        block(&span(&full_call()), false, 60),
        "\
22:13:21.000 chat gpt-4o  200 complete  2.31 s  python3[4242]
  request.send    ▏                                  4.00 ms
  provider.ttft   ███████████████████▍                1.40 s
  provider.decode                    ████████████▊    900 ms
  chunks 9 (6 content, 1 coalesced)  interval p50 20.0 ms  p95 240 ms  p99 240 ms  max 240 ms
  tokens in 1200 (cached 1188, cache written 12)  out 210 (reasoning 64)  $0.0131
  server queue 20.0 ms  total 2.25 s  2 waiting  us-west-1  via litellm
  retry 1 after 250 ms, told to wait 2.00 s, refused (cyber), not the JSON that was asked for, \
stalled 1.50 s in 1, cache missed: prompt_changed
  request req_1  response chatcmpl-1  model gpt-4o-2024-08-06  api.openai.com:443
"
    );
}

#[test]
fn a_call_of_which_nearly_nothing_is_known() {
    let span = build(&bare_call(), &std::sync::Arc::default(), ConnectionInfo::default(), CLOCK);
    assert_eq!(block(&span, false, 80), "22:13:20.005 chat  unfinished  0 ns  [0]\n");
}

#[test]
fn a_call_that_went_wrong() {
    let call = Call {
        outcome: Outcome::Cut,
        failure: Some(Failure { kind: "stream_truncated".to_owned() }),
        response: Response::default(),
        usage: genai::Usage::default(),
        cost: None,
        stream: Some(genai::Stream { chunks: 1, ..genai::Stream::default() }),
        lossy: true,
        lost_bytes: 70,
        joined_late: true,
        unknown_shape: 2,
        ..full_call()
    };
    let block = block(&span(&call), false, 60);
    assert!(
        block.starts_with("22:13:21.000 chat gpt-4o  200 cut stream_truncated  2.31 s  python3[4242]\n"),
        "{block}"
    );
    assert!(block.contains("  chunks 1 (0 content)\n"), "{block}");
    assert!(
        block.ends_with("  70 bytes lost in capture, joined after it began, 2 parts not understood\n"),
        "{block}"
    );
    assert!(!block.contains("tokens"), "{block}");
}

#[test]
fn colours_are_only_added() {
    let call = full_call();
    let coloured = block(&span(&call), true, 60);
    assert!(
        coloured
            .starts_with("\x1b[2m22:13:21.000\x1b[0m \x1b[1mchat gpt-4o\x1b[0m  \x1b[32m200 complete\x1b[0m")
    );
    let mut stripped = coloured;
    for code in [BOLD, DIM, RED, GREEN, CYAN, "0"] {
        stripped = stripped.replace(&format!("\x1b[{code}m"), "");
    }
    assert_eq!(stripped, block(&span(&call), false, 60));
    let failed = Call { failure: Some(Failure { kind: "500".to_owned() }), ..full_call() };
    assert!(block(&span(&failed), true, 60).contains("\x1b[31m200 complete 500\x1b[0m"));
}

#[test]
fn no_string_of_a_peer_reaches_the_terminal_s_own_language() {
    let evil = "m\u{1b}]0;owned\u{7}\u{9b}2J\r\n\u{202e}\u{e0001}é";
    let mut call = full_call();
    call.request.model = Some(evil.to_owned());
    call.response.id = Some(evil.to_owned());
    call.response.model = Some(evil.to_owned());
    call.http.host = Some(evil.to_owned());
    call.http.request_id = Some(evil.to_owned());
    call.response.refusal_category = Some(evil.to_owned());
    call.failure = Some(Failure { kind: evil.to_owned() });
    let mut process = (*process()).clone();
    process.comm = Some(evil.to_owned());
    let span = build(&call, &std::sync::Arc::new(process), ConnectionInfo::new(evil.to_owned(), None), CLOCK);
    let block = block(&span, false, 60);
    assert!(block.lines().all(|line| !line.contains(is_unsafe)), "{}", block.escape_debug());
    assert_eq!(block.lines().count(), 9);
    assert!(block.contains(r"m\u{1b}]0;owned\u{7}\u{9b}2J\u{d}\u{a}\u{202e}\u{e0001}é"), "{block}");
}

#[test]
fn bars_stay_in_their_column() {
    for width in [1, 2, 16, 80] {
        for (start, end, total) in [
            (0, 0, 0),
            (0, 10, 10),
            (10, 10, 10),
            (9, 10, 10),
            (0, 1, 1_000_000),
            (3, 4, 7),
            (0, u64::MAX, u64::MAX),
        ] {
            let bar = bar(start, end, total, width);
            assert_eq!(bar.chars().count(), width, "{start}–{end} of {total}");
            assert!(!bar.trim().is_empty(), "{start}–{end} of {total}");
        }
    }
    for width in [0, 20, 60, 1000] {
        let block = block(&span(&full_call()), false, width);
        let widths: Vec<usize> = block.lines().skip(1).take(3).map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|two| two[0] == two[1]), "{block}");
        assert!(widths[0] <= width.max(2 + 15 + 1 + MIN_BAR + 2 + 8), "{block}");
    }
}

#[test]
fn durations_have_three_digits_and_a_unit() {
    for (ns, shown) in [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (12_345, "12.3 µs"),
        (999_400, "999 µs"),
        (999_600, "1.00 ms"),
        (21_000_000, "21.0 ms"),
        (240_000_000, "240 ms"),
        (999_600_000, "1.00 s"),
        (2_310_000_000, "2.31 s"),
        (75_000_000_000, "75.0 s"),
        (3_600_000_000_000, "3600 s"),
    ] {
        assert_eq!(duration(ns), shown, "{ns}");
    }
}

#[test]
fn the_time_of_day_is_utc() {
    for (unix_ns, shown) in [
        (0, "00:00:00.000"),
        (86_399_999_999_999, "23:59:59.999"),
        (86_400_000_000_000, "00:00:00.000"),
        (1_700_000_000_123_456_789, "22:13:20.123"),
    ] {
        assert_eq!(time_of_day(unix_ns), shown);
    }
}
