//! The attach cookie: what one probe tells its program about the place where it stands.
//!
//! ```text
//! 63            16 15      8 7       0
//! |      0        | flavour | function |
//! ```

/// A hooked function.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `int SSL_read(SSL *, void *, int)`
    Read = 1,
    /// `int SSL_read_ex(SSL *, void *, size_t, size_t *)`
    ReadEx = 2,
    /// `int SSL_write(SSL *, const void *, int)`
    Write = 3,
    /// `int SSL_write_ex(SSL *, const void *, size_t, size_t *)`
    WriteEx = 4,
    /// `int SSL_write_ex2(SSL *, const void *, size_t, uint64_t, size_t *)`, OpenSSL 3.3 on
    WriteEx2 = 5,
    /// `int SSL_do_handshake(SSL *)`
    DoHandshake = 6,
    /// `int SSL_connect(SSL *)`
    Connect = 7,
    /// `int SSL_accept(SSL *)`
    Accept = 8,
    /// `void SSL_free(SSL *)`
    Free = 9,
    /// `int SSL_shutdown(SSL *)`
    Shutdown = 10,
    /// `long SSL_ctrl(SSL *, int, long, void *)`
    Ctrl = 11,
}

impl Function {
    /// Every function, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Read,
        Self::ReadEx,
        Self::Write,
        Self::WriteEx,
        Self::WriteEx2,
        Self::DoHandshake,
        Self::Connect,
        Self::Accept,
        Self::Free,
        Self::Shutdown,
        Self::Ctrl,
    ];

    /// The exported symbol.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Read => "SSL_read",
            Self::ReadEx => "SSL_read_ex",
            Self::Write => "SSL_write",
            Self::WriteEx => "SSL_write_ex",
            Self::WriteEx2 => "SSL_write_ex2",
            Self::DoHandshake => "SSL_do_handshake",
            Self::Connect => "SSL_connect",
            Self::Accept => "SSL_accept",
            Self::Free => "SSL_free",
            Self::Shutdown => "SSL_shutdown",
            Self::Ctrl => "SSL_ctrl",
        }
    }
}

/// Which library family the function belongs to.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// OpenSSL and its forks with the same calling convention, BoringSSL included.
    OpenSsl = 1,
}

/// Packs a cookie.
pub const fn pack(function: Function, flavour: Flavour) -> u64 {
    (function as u64) | ((flavour as u64) << 8)
}

/// The function's number in a cookie.
#[inline(always)]
pub const fn function(cookie: u64) -> u8 {
    (cookie & 0xff) as u8
}
