"""Many streams at once from one process: asyncio (OpenSSL is fed memory, the event loop does the socket calls) or
threads (each its own socket).

`{i}` in the model and the script is the number of the call, so that every call is its own. Each is told as a line of
JSON when it is over.
"""

import argparse
import asyncio
import http.client
import ssl
import threading
import urllib.parse

import chat


def request(args, url, model, script):
    """The bytes of a request, for the mode that has no HTTP library."""
    data = chat.body(args, model)
    lines = ["POST /v1/chat/completions HTTP/1.1", f"Host: {url.netloc}", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in chat.headers(args, script).items()]
    return "\r\n".join(lines + ["", ""]).encode() + data


async def stream(args, url, context, model, script):
    seen = chat.Seen("python asyncio", model)
    try:
        reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=context)
        seen.time("start")
        writer.write(request(args, url, model, script))
        await writer.drain()
        seen.time("sent")
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *fields = head.split("\r\n")
        fields = dict(field.lower().split(": ", 1) for field in fields if field)
        seen.head(int(status.split(" ")[1]), fields.get("x-request-id"))
        if fields.get("transfer-encoding") == "chunked":
            while size := int((await reader.readline()).split(b";")[0], 16):
                seen.feed((await reader.readexactly(size + 2))[:-2])
            await reader.readline()
        elif "event-stream" in fields["content-type"]:
            left = int(fields["content-length"])
            while left > 0:
                data = await reader.read(left)
                left -= len(data)
                seen.feed(data)
        else:
            seen.whole(await reader.readexactly(int(fields["content-length"])))
        seen.time("end")
        writer.close()
        await writer.wait_closed()
    except Exception as error:
        seen.failed(error)
    seen.time("end")
    seen.tell()


async def run_asyncio(args, url, context):
    await asyncio.gather(
        *(
            stream(args, url, context, args.model.replace("{i}", str(i)), args.script.replace("{i}", str(i)))
            for i in range(args.count)
        )
    )


def thread(args, url, context, model, script):
    seen = chat.Seen("python threads", model)
    try:
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=60)
        connection.connect()
        seen.time("start")
        connection.request("POST", "/v1/chat/completions", chat.body(args, model), chat.headers(args, script))
        seen.time("sent")
        response = connection.getresponse()
        seen.head(response.status, response.headers["x-request-id"])
        if "event-stream" in response.headers["content-type"]:
            while data := response.read1(65536):
                seen.feed(data)
            # read1 leaves a response of known length open; the connection is free only when it is closed.
            response.close()
        else:
            seen.whole(response.read())
        seen.time("end")
        connection.close()
    except Exception as error:
        seen.failed(error)
    seen.time("end")
    seen.tell()


def run_threads(args, url, context):
    threads = [
        threading.Thread(
            target=thread,
            args=(args, url, context, args.model.replace("{i}", str(i)), args.script.replace("{i}", str(i))),
        )
        for i in range(args.count)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def main():
    parser = chat.arguments(argparse.ArgumentParser(description=__doc__))
    parser.add_argument("--mode", choices=["asyncio", "threads"], default="asyncio")
    parser.add_argument("--count", type=int, default=8)
    args = parser.parse_args()
    if not 1 <= args.count <= 1000:
        parser.error("--count is 1 to 1000")

    context = ssl.create_default_context(cafile=args.ca)
    url = urllib.parse.urlsplit(args.url)
    if args.mode == "asyncio":
        asyncio.run(run_asyncio(args, url, context))
    else:
        run_threads(args, url, context)


main()
