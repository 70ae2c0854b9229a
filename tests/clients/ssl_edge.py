"""Uses of libssl that a capture by uprobe could get wrong, through ctypes on libssl.so.3: the system's, or the file that
the environment variable LIBSSL names.

  plain     nothing but calls
  peek      SSL_peek before each SSL_read: the bytes must be counted once
  dontneed  the request lies in a private file mapping, whose pages are dropped (MADV_DONTNEED) inside the BIO's
            callback, while SSL_write is on its way out: not resident when it returns, but a fault away
  pageout   the same with MADV_PAGEOUT
  unmap     the same, but the mapping is gone: the fault stays one
  partial   SSL_MODE_ENABLE_PARTIAL_WRITE on a non-blocking socket with a small send buffer: the length that counts
            is the one that SSL_write returns
  big       one blocking SSL_write of the whole request (--prompt-bytes 4194304)

Each case makes its calls over one connection and tells each as a line of JSON; `extra` says what the case did.
"""

import argparse
import ctypes
import mmap
import os
import select
import socket
import sys
import tempfile
import urllib.parse

import chat

SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_ZERO_RETURN = 2, 3, 6
SSL_CTRL_MODE, SSL_MODE_ENABLE_PARTIAL_WRITE = 33, 1
SSL_VERIFY_PEER = 1
# BIO_CB_WRITE; with BIO_CB_RETURN (0x80) after the call, when the record is out.
BIO_CB_WRITE_DONE = 0x03 | 0x80
MADV_PAGEOUT = 21

P, I, L, S = ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_size_t
BIO_CALLBACK = ctypes.CFUNCTYPE(L, P, I, P, S, I, L, I, P)


def library(name, functions):
    loaded = ctypes.CDLL(name, use_errno=True)
    for function, (result, *parameters) in functions.items():
        pointer = getattr(loaded, function)
        pointer.restype, pointer.argtypes = result, parameters
    return loaded


ssl = library(
    os.environ.get("LIBSSL", "libssl.so.3"),
    {
        "TLS_client_method": (P,),
        "SSL_CTX_new": (P, P),
        "SSL_CTX_load_verify_file": (I, P, ctypes.c_char_p),
        "SSL_CTX_set_verify": (None, P, I, P),
        "SSL_new": (P, P),
        "SSL_set_fd": (I, P, I),
        "SSL_ctrl": (L, P, I, L, P),
        "SSL_get_wbio": (P, P),
        "SSL_connect": (I, P),
        "SSL_peek": (I, P, P, I),
        "SSL_read": (I, P, P, I),
        "SSL_write": (I, P, P, I),
        "SSL_get_error": (I, P, I),
        "SSL_shutdown": (I, P),
        "SSL_free": (None, P),
        "SSL_CTX_free": (None, P),
    },
)
crypto = library("libcrypto.so.3", {"BIO_set_callback_ex": (None, P, BIO_CALLBACK)})
libc = library("libc.so.6", {"madvise": (I, P, S, I), "munmap": (I, P, S)})


class Failed(Exception):
    pass


class Connection:
    """A TLS connection in the raw."""

    def __init__(self, args):
        url = urllib.parse.urlsplit(args.url)
        self.context = ssl.SSL_CTX_new(ssl.TLS_client_method())
        if not ssl.SSL_CTX_load_verify_file(self.context, args.ca.encode()):
            raise Failed("the CA was not taken")
        ssl.SSL_CTX_set_verify(self.context, SSL_VERIFY_PEER, None)
        self.tcp = socket.socket()
        if args.case == "partial":
            # Small enough for the request to fill it many times over.
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.tcp.connect((url.hostname, url.port))
        self.ssl = ssl.SSL_new(self.context)
        ssl.SSL_set_fd(self.ssl, self.tcp.fileno())
        if ssl.SSL_connect(self.ssl) != 1:
            raise Failed("no handshake")
        self.peek = args.case == "peek"
        self.buffer = ctypes.create_string_buffer(16384)
        self.peeks = 0

    def wait(self, result):
        """What a result below 1 asks for; returns whether there is more."""
        error = ssl.SSL_get_error(self.ssl, result)
        if error == SSL_ERROR_ZERO_RETURN:
            return False
        if error == SSL_ERROR_WANT_READ:
            select.select([self.tcp], [], [], 60)
        elif error == SSL_ERROR_WANT_WRITE:
            select.select([], [self.tcp], [], 60)
        else:
            raise Failed(f"SSL_get_error {error}")
        return True

    def read(self):
        """The next bytes; empty at the end."""
        while True:
            if self.peek:
                # Half of it, so that what was peeked at is not what is read.
                self.peeks += ssl.SSL_peek(self.ssl, self.buffer, 64) > 0
            result = ssl.SSL_read(self.ssl, self.buffer, len(self.buffer))
            if result > 0:
                return self.buffer.raw[:result]
            if not self.wait(result):
                return b""

    def close(self):
        ssl.SSL_shutdown(self.ssl)
        ssl.SSL_free(self.ssl)
        ssl.SSL_CTX_free(self.context)
        self.tcp.close()


def write_all(connection, address, length, extra):
    """SSL_write until all is written, as programs do that know about partial writes."""
    done = 0
    while done < length:
        result = ssl.SSL_write(connection.ssl, address + done, length - done)
        extra["writes"] = extra.get("writes", 0) + 1
        if result > 0:
            extra["partial_writes"] = extra.get("partial_writes", 0) + (result < length - done)
            done += result
        else:
            extra["refused_writes"] = extra.get("refused_writes", 0) + 1
            connection.wait(result)


def write_plain(connection, data, extra):
    buffer = ctypes.create_string_buffer(data, len(data))
    write_all(connection, ctypes.addressof(buffer), len(data), extra)


def write_mapped(connection, data, extra, drop, keeps):
    """Writes from a private file mapping that `drop(address, length)` takes away before SSL_write returns.

    `keeps`: the mapping itself is still there afterwards.
    """
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        size = -(-len(data) // mmap.PAGESIZE) * mmap.PAGESIZE
        libc_mmap = ctypes.CDLL("libc.so.6").mmap
        libc_mmap.restype, libc_mmap.argtypes = P, [P, S, I, I, I, L]
        address = libc_mmap(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE, file.fileno(), 0)
        if address in (None, ctypes.c_void_p(-1).value):
            raise Failed("no mapping")
        extra["drops"] = 0

        def written(_bio, operation, _data, _length, _argi, _argl, result, _processed):
            if operation == BIO_CB_WRITE_DONE and result > 0:
                extra["drops"] += drop(address, size) == 0
            return result

        callback = BIO_CALLBACK(written)
        bio = ssl.SSL_get_wbio(connection.ssl)
        crypto.BIO_set_callback_ex(bio, callback)
        result = ssl.SSL_write(connection.ssl, address, len(data))
        crypto.BIO_set_callback_ex(bio, BIO_CALLBACK())
        if keeps:
            libc.munmap(address, size)
        extra["writes"] = 1
        if result != len(data):
            raise Failed(f"SSL_write returned {result} of {len(data)}")


def request(args, url, model, script):
    data = chat.body(args, model)
    lines = ["POST /v1/chat/completions HTTP/1.1", f"Host: {url.netloc}", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in chat.headers(args, script).items()]
    return "\r\n".join(lines + ["", ""]).encode() + data


class Body:
    """Reads a response from the connection."""

    def __init__(self, connection):
        self.connection, self.rest = connection, b""

    def more(self):
        data = self.connection.read()
        if not data:
            raise Failed("the response ended early")
        self.rest += data

    def until(self, mark):
        while mark not in self.rest:
            self.more()
        found, self.rest = self.rest.split(mark, 1)
        return found

    def exactly(self, count):
        while len(self.rest) < count:
            self.more()
        found, self.rest = self.rest[:count], self.rest[count:]
        return found


def respond(connection, seen):
    body = Body(connection)
    status, *fields = body.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
    fields = dict(field.lower().split(": ", 1) for field in fields)
    seen.head(int(status.split(" ")[1]), fields.get("x-request-id"))
    if fields.get("transfer-encoding") == "chunked":
        while size := int(body.until(b"\r\n"), 16):
            seen.feed(body.exactly(size))
            body.exactly(2)
        body.until(b"\r\n")
    else:
        seen.whole(body.exactly(int(fields["content-length"])))


def main():
    parser = chat.arguments(argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter))
    cases = ["plain", "peek", "dontneed", "pageout", "unmap", "partial", "big"]
    parser.add_argument("--case", choices=cases, required=True)
    parser.add_argument("--calls", type=int, default=2)
    parser.add_argument("--on-input", action="store_true", help="wait for a line of input before connecting")
    args = parser.parse_args()
    if args.on_input:
        sys.stdin.readline()
    url = urllib.parse.urlsplit(args.url)
    drops = {
        "dontneed": lambda address, size: libc.madvise(address, size, mmap.MADV_DONTNEED),
        "pageout": lambda address, size: libc.madvise(address, size, MADV_PAGEOUT),
        "unmap": lambda address, size: libc.munmap(address, size),
    }

    connection = Connection(args)
    if args.case == "partial":
        connection.tcp.setblocking(False)
        ssl.SSL_ctrl(connection.ssl, SSL_CTRL_MODE, SSL_MODE_ENABLE_PARTIAL_WRITE, None)
    for index in range(args.calls):
        model, script = (text.replace("{i}", str(index)) for text in (args.model, args.script))
        seen = chat.Seen("python ctypes " + args.case, model)
        extra = seen.line["extra"] = {}
        try:
            data = request(args, url, model, script)
            seen.time("start")
            if args.case in drops:
                write_mapped(connection, data, extra, drops[args.case], args.case != "unmap")
            else:
                write_plain(connection, data, extra)
            seen.time("sent")
            respond(connection, seen)
        except Failed as error:
            seen.failed(error)
        extra["peeks"] = connection.peeks
        seen.time("end")
        seen.tell()
    connection.close()


main()
