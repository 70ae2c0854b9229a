//! The kernel's table of connections: where each direction stands, and whether it is worth copying.

use aya_ebpf::helpers::bpf_ktime_get_ns;
use common::{
    connection::{ConnKey, Connection, flag},
    counter::Counter,
    record::Direction,
};

use crate::maps::{CONNECTIONS, VERDICTS, count};

/// The connection's entry, made now if there is none; `flags` only for a new one.
#[inline(always)]
pub(crate) fn entry(key: &ConnKey, flags: u32) -> Option<*mut Connection> {
    if let Some(found) = CONNECTIONS.get_ptr_mut(key) {
        return Some(found);
    }
    // SAFETY: a helper without arguments.
    let generation = unsafe { bpf_ktime_get_ns() };
    let fresh = Connection { generation, flags, ..Connection::default() };
    // Another thread may have been first; the lookup below finds whichever won.
    let _raced = CONNECTIONS.insert(key, fresh, 0);
    let made = CONNECTIONS.get_ptr_mut(key);
    if made.is_none() {
        count(Counter::ConnectionFull, 1);
    }
    made
}

/// Whether nothing is to be copied. Takes over the agent's verdict when there is one for this very connection.
#[inline(always)]
pub(crate) fn muted(key: &ConnKey, connection: *mut Connection) -> bool {
    // SAFETY: an entry of the map, checked by the lookup; its own thread is the only one that changes it.
    unsafe {
        if (*connection).flags & flag::MUTED != 0 {
            return true;
        }
        match VERDICTS.get(key) {
            Some(generation) if *generation == (*connection).generation => {
                (*connection).flags |= flag::MUTED;
                true
            }
            _ => false,
        }
    }
}

/// Whether a connection whose direction begins with these bytes can be HTTP. Judged only where the connection was
/// seen from its start; in doubt, yes: the agent looks closer.
#[inline(always)]
pub(crate) fn can_be_http(direction: Direction, connection: &Connection, first: [u8; 4]) -> bool {
    let [a, b, c, d] = first;
    // A client's first bytes are a method (`GET `, `PRI ` of HTTP/2); RFC 9110 methods are upper-case tokens.
    let method = a.is_ascii_uppercase()
        && (b.is_ascii_uppercase() || b == b'-')
        && (c.is_ascii_uppercase() || c == b'-')
        && (d.is_ascii_uppercase() || d == b' ' || d == b'-');
    // A server's are a status line or an HTTP/2 SETTINGS frame: 24 bits of length, then type 4.
    let answer = first == *b"HTTP" || (a == 0 && d == 4);
    match direction {
        Direction::Write if connection.offsets[Direction::Read as usize] == 0 => method || answer,
        Direction::Read if connection.offsets[Direction::Write as usize] == 0 => method || answer,
        // The other side spoke first and passed this test.
        Direction::Write | Direction::Read => true,
    }
}
