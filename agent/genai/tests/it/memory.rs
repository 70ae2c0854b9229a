//! What is remembered of a process's calls: attempts, caches, tools.

use genai::memory::Block;
use genai::{Attempt, AttemptBy, CacheMiss, Call, Digest, Digester, Failure, Key, Memory, ToolCall, Usage};
use wire::{End, Time};

use crate::samples::{ANSWER, REQUEST};
use crate::talk::Talk;

const SECOND: u64 = 1_000_000_000;

/// A call that nothing is special about, from one second to the next.
fn call(from: u64) -> Call {
    let mut call = Talk::ask(REQUEST).json(200).answer(ANSWER).end(End::Complete).call();
    call.times = genai::Times {
        request_first_byte: Some(Time(from * SECOND)),
        last_byte: Some(Time((from + 1) * SECOND)),
        ..genai::Times::default()
    };
    call.response.tool_calls.clear();
    call.traces.body = Some(Digest(1));
    call
}

fn failed(from: u64, status: u16) -> Call {
    let mut call = call(from);
    call.http.status = Some(status);
    call.failure = Some(Failure { kind: status.to_string() });
    call
}

fn body(body: u64, call: Call) -> Call {
    let mut call = call;
    call.traces.body = Some(Digest(body));
    call
}

fn counted(count: u32, call: Call) -> Call {
    let mut call = call;
    call.beside.attempts.retry = Some(count);
    call
}

fn invocation(id: u64, call: Call) -> Call {
    let mut call = call;
    call.traces.invocation = Some(Digest(id));
    call
}

/// The number of each attempt, how it is known, and which of the calls are one.
fn attempts(calls: Vec<Call>) -> Vec<(u32, Option<AttemptBy>, usize, Option<u64>)> {
    let mut memory = Memory::new(Key::default());
    let mut logical = Vec::new();
    let seen = calls.into_iter().map(|mut call| {
        memory.see(&mut call);
        let Attempt { logical: id, number, by, waited_ns } = call.attempt.expect("an attempt");
        let at = logical.iter().position(|known| *known == id).unwrap_or_else(|| {
            logical.push(id);
            logical.len() - 1
        });
        (number, by, at, waited_ns.map(|nanos| nanos / SECOND))
    });
    seen.collect()
}

#[test]
fn attempts_are_joined_by_what_the_client_says_or_repeats() {
    use AttemptBy::{Body, Count, Invocation};
    for (what, calls, expect) in [
        ("one", vec![call(0)], vec![(1, None, 0, None)]),
        ("two, both well", vec![call(0), call(5)], vec![(1, None, 0, None), (1, None, 1, None)]),
        (
            "again after 429",
            vec![failed(0, 429), call(3)],
            vec![(1, None, 0, None), (2, Some(Body), 0, Some(2))],
        ),
        ("again after 400", vec![failed(0, 400), call(3)], vec![(1, None, 0, None), (1, None, 1, None)]),
        (
            "another body",
            vec![failed(0, 429), body(2, call(3))],
            vec![(1, None, 0, None), (1, None, 1, None)],
        ),
        ("much later", vec![failed(0, 503), call(500)], vec![(1, None, 0, None), (1, None, 1, None)]),
        (
            "at the same time",
            vec![failed(0, 503), failed(0, 503)],
            vec![(1, None, 0, None), (1, None, 1, None)],
        ),
        (
            "counted by the client, however late",
            vec![counted(0, failed(0, 529)), counted(1, failed(400, 529)), counted(2, call(900))],
            vec![(1, None, 0, None), (2, Some(Count), 0, Some(399)), (3, Some(Count), 0, Some(499))],
        ),
        ("counted, the first not seen", vec![counted(2, call(0))], vec![(3, Some(Count), 0, None)]),
        (
            "a framework on top of a library that counts",
            vec![counted(0, failed(0, 500)), counted(1, failed(2, 500)), counted(0, call(4))],
            vec![(1, None, 0, None), (2, Some(Count), 0, Some(1)), (3, Some(Body), 0, Some(1))],
        ),
        (
            "named by the client, with bodies that differ",
            vec![
                invocation(7, failed(0, 429)),
                body(2, invocation(7, call(3))),
                body(3, invocation(8, call(5))),
            ],
            vec![(1, None, 0, None), (2, Some(Invocation), 0, Some(2)), (1, None, 1, None)],
        ),
    ] {
        assert_eq!(attempts(calls), expect, "{what}");
    }
}

#[test]
fn what_the_client_gave_up_is_not_tried_again() {
    let mut left = call(0);
    left.failure = Some(Failure { kind: "client_cancelled".to_owned() });
    left.http.status = Some(200);
    assert_eq!(attempts(vec![left.clone(), call(3)]).last().map(|one| one.0), Some(1));
    left.failure = Some(Failure { kind: "connection_reset".to_owned() });
    left.http.status = None;
    assert_eq!(attempts(vec![left, call(3)]).last().map(|one| one.0), Some(2));
}

#[test]
fn only_so_many_attempts_are_remembered() {
    let others = |from: u64, count: u64| (0..count).map(move |id| body(100 + id, call(from)));
    let after = |count: u64| {
        let calls = std::iter::once(failed(0, 500)).chain(others(1, count)).chain([call(3)]);
        attempts(calls.collect()).last().map(|one| one.0)
    };
    let cap = genai::limits::REMEMBERED_ATTEMPTS as u64;
    assert_eq!((after(cap - 1), after(cap)), (Some(2), Some(1)));
}

/// A prompt of these parts, of which the provider says how much it read from and wrote to its cache.
fn prompted(parts: &[(u64, u64)], read: Option<u64>, written: Option<u64>) -> Call {
    let mut call = call(0);
    let mut blocks = parts.iter().map(|(digest, chars)| Block { digest: Digest(*digest), chars: *chars });
    call.traces.tools = blocks.next();
    call.traces.system = blocks.next();
    call.traces.messages = blocks.collect();
    call.usage = Usage { input: Some(5000), cache_read: read, cache_write: written, ..Usage::default() };
    call
}

fn misses(calls: &[Call]) -> Vec<Option<CacheMiss>> {
    let mut memory = Memory::new(Key::default());
    let seen = calls.iter().map(|call| {
        let mut call = call.clone();
        memory.see(&mut call);
        call.cache_miss
    });
    seen.collect()
}

#[test]
fn a_cache_that_was_not_hit_has_a_reason() {
    const TOOLS: (u64, u64) = (1, 3000);
    const SYSTEM: (u64, u64) = (2, 9000);
    const HELLO: (u64, u64) = (3, 500);
    const MORE: (u64, u64) = (4, 500);
    const OTHER: (u64, u64) = (5, 500);
    let cold = Some(CacheMiss::Cold);
    let first = prompted(&[TOOLS, SYSTEM, HELLO], Some(0), None);
    let after = |parts: &[(u64, u64)], read, written| {
        misses(&[first.clone(), prompted(parts, read, written)]).pop().flatten()
    };
    assert_eq!(misses(std::slice::from_ref(&first)), [cold]);
    let evicted = Some(CacheMiss::ExpiredOrEvicted);
    assert_eq!(after(&[TOOLS, SYSTEM, HELLO], Some(0), None), evicted, "the same again");
    assert_eq!(after(&[TOOLS, SYSTEM, HELLO, MORE], Some(0), None), evicted, "it goes on");
    assert_eq!(after(&[TOOLS, SYSTEM, OTHER], Some(0), None), evicted, "a long beginning is the same");
    let changed = Some(CacheMiss::PromptChanged);
    assert_eq!(after(&[TOOLS, (9, 9000), HELLO, MORE], Some(0), None), changed, "other instructions");
    assert_eq!(after(&[(9, 3000), SYSTEM, HELLO], Some(0), None), changed, "other tools");
    assert_eq!(after(&[(9, 3000), (10, 9000), OTHER], Some(0), None), cold);
    // Not expected, or not told.
    assert_eq!(after(&[TOOLS, SYSTEM, HELLO], Some(4096), None), None);
    assert_eq!(after(&[TOOLS, SYSTEM, HELLO], None, None), None);
    let mut short = prompted(&[TOOLS, SYSTEM, HELLO], Some(0), None);
    short.usage.input = Some(1023);
    assert_eq!(misses(&[first.clone(), short])[1], None);
    // Another model has another cache.
    let mut other = prompted(&[TOOLS, SYSTEM, HELLO], Some(0), None);
    other.request.model = Some("another".to_owned());
    assert_eq!(misses(&[first.clone(), other])[1], cold);
    // Who caches only what it is asked to: nothing was asked; now it is; then it is gone.
    let asked = |read, written| prompted(&[TOOLS, SYSTEM, HELLO], Some(read), Some(written));
    assert_eq!(
        misses(&[asked(0, 0), asked(0, 4000), asked(4000, 0), asked(0, 4000)]),
        [None, evicted, None, evicted]
    );
}

#[test]
fn prompts_are_remembered_in_bounded_memory() {
    let blocks = genai::limits::REMEMBERED_BLOCKS;
    let long = |from: u64, length: usize| {
        let parts: Vec<_> = (0..length as u64).map(|at| (from + at, 6000)).collect();
        prompted(&parts, Some(0), None)
    };
    let one = long(10_000, 100);
    let between = |length: usize| misses(&[one.clone(), long(50_000, length), one.clone()])[2];
    assert_eq!(between(blocks - 100), Some(CacheMiss::ExpiredOrEvicted));
    assert_eq!(between(blocks), Some(CacheMiss::Cold));
}

#[test]
fn a_tool_comes_back_once_with_the_time_that_it_took() {
    let mut memory = Memory::new(Key::default());
    let tool = |id: &str, name: &str| ToolCall { id: Some(id.to_owned()), name: Some(name.to_owned()) };
    let id = |id: &str| Digester::of(Key::default(), id.as_bytes());
    let mut asking = call(0);
    asking.response.tool_calls = vec![tool("call_a", "weather"), tool("call_b", "time"), ToolCall::default()];
    memory.see(&mut asking);
    assert_eq!(asking.tool_returns, []);
    let took = |call: &Call| -> Vec<(String, u64)> {
        let took = call.tool_returns.iter();
        took.map(|tool| (tool.name.clone().unwrap_or_default(), tool.took_ns / SECOND)).collect()
    };
    let mut bringing = call(4);
    bringing.traces.tool_results = vec![id("call_b"), id("call_x")];
    memory.see(&mut bringing);
    assert_eq!(took(&bringing), [("time".to_owned(), 3)]);
    let mut later = call(9);
    later.traces.tool_results = vec![id("call_b"), id("call_a")];
    memory.see(&mut later);
    assert_eq!(took(&later), [("weather".to_owned(), 8)]);
}
