"""httpx, as the SDKs use it: HTTP/2 (h2, hpack in Python over asyncio, where OpenSSL is fed memory) or HTTP/1.1, with
the content codings that it decodes.

`--count` calls at once, all on one connection; `--calls` of these one after the other. `{i}` in the model and the
script is the number of the call. Each is told as a line of JSON when it is over.

With `--on-input` each call waits for a line of input; one that is a JSON object holds options of this call alone:
`{"script": "chunks=3", "stream": false}`.
"""

import argparse
import asyncio
import gzip
import json
import ssl
import sys

import httpx

import chat


# Content chunks that a call has seen which is left.
LEAVE_AFTER = 3


async def call(client, args, index):
    model = args.model.replace("{i}", str(index))
    seen = chat.Seen("python httpx", model)
    headers = chat.headers(args, args.script.replace("{i}", str(index)))
    body = chat.body(args, model)
    if args.accept_encoding is not None:
        headers["Accept-Encoding"] = args.accept_encoding
    if args.gzip_request:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body)
    try:
        seen.time("start")
        async with client.stream("POST", "/v1/chat/completions", headers=headers, content=body) as response:
            seen.head(response.status_code, response.headers.get("x-request-id"))
            if "event-stream" in response.headers["content-type"]:
                async for data in response.aiter_bytes():
                    seen.feed(data)
                    if index == args.leave and seen.line["content_chunks"] >= LEAVE_AFTER:
                        break
            else:
                seen.whole(await response.aread())
    except Exception as error:
        seen.failed(error)
    seen.time("end")
    seen.tell()


async def calls(client, args, first):
    for index in range(first, first + args.calls):
        asked = await options(args)
        if asked is None:
            break
        await call(client, asked, index)


async def options(args):
    """Those of the next call, as soon as it may begin; `None`: it shall not."""
    if not args.on_input:
        return args
    line = await asyncio.to_thread(sys.stdin.readline)
    if line.startswith("{"):
        return argparse.Namespace(**{**vars(args), **json.loads(line)})
    return args if line else None


async def run(args):
    context = ssl.create_default_context(cafile=args.ca)
    # The one connection is kept, however long the next line of input takes.
    limits = httpx.Limits(max_connections=1, keepalive_expiry=None)
    async with httpx.AsyncClient(
        base_url=args.url, verify=context, http1=not args.http2, http2=args.http2, limits=limits, timeout=60
    ) as client:
        await asyncio.gather(*(calls(client, args, i * args.calls) for i in range(args.count)))


def main():
    parser = chat.arguments(argparse.ArgumentParser(description=__doc__))
    parser.add_argument("--http1", dest="http2", action="store_false", help="offer http/1.1 only, not h2")
    parser.add_argument("--accept-encoding", help="instead of what httpx says by itself")
    parser.add_argument("--gzip-request", action="store_true", help="code the request's body")
    parser.add_argument("--calls", type=int, default=1, help="one after the other")
    parser.add_argument("--count", type=int, default=1, help="at once")
    parser.add_argument("--on-input", action="store_true", help="wait for a line of input before each call")
    parser.add_argument("--leave", type=int, help="the number of a call whose response is closed before it is over")
    args = parser.parse_args()
    if not 1 <= args.count <= 100:
        parser.error("--count is 1 to 100, which is as many streams as httpx opens")
    asyncio.run(run(args))


main()
