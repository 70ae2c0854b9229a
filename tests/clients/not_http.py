"""TLS that is not HTTP: lines as SMTP has them (the server greets first), or frames of binary data.

Told as a line of JSON: how many exchanges there were and whether the answers were right.
"""

import argparse
import json
import os
import socket
import ssl
import struct


def smtp(tls, rounds):
    lines = tls.makefile("rwb", buffering=0)
    right = lines.readline().startswith(b"220 ")
    for i in range(rounds):
        lines.write(b"NOOP %d\r\n" % i)
        right &= lines.readline().startswith(b"250 ")
    lines.write(b"QUIT\r\n")
    return right and lines.readline().startswith(b"221 ")


def binary(tls, rounds):
    right = True
    for i in range(rounds):
        frame = bytes((i + at * 7) % 32 for at in range(1 + i * 13 % 500))
        tls.sendall(struct.pack(">I", len(frame)) + frame)
        answer = b""
        while len(answer) < 4 + len(frame):
            data = tls.recv(4 + len(frame) - len(answer))
            if not data:
                return False
            answer += data
        right &= answer[4:] == frame
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True, help="HOST:PORT")
    parser.add_argument("--ca", required=True)
    parser.add_argument("--protocol", choices=["smtp", "binary"], required=True)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()

    host, port = args.address.rsplit(":", 1)
    context = ssl.create_default_context(cafile=args.ca)
    with socket.create_connection((host, int(port)), timeout=30) as tcp:
        with context.wrap_socket(tcp, server_hostname=host) as tls:
            right = {"smtp": smtp, "binary": binary}[args.protocol](tls, args.rounds)
    print(json.dumps({"pid": os.getpid(), "rounds": args.rounds, "right": right}))


main()
