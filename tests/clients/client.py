"""http.client over ssl, the way urllib3, requests and httpx speak: a socket that OpenSSL is given.

One call, or several over one kept-alive connection; each is told as a line of JSON when it is over.
"""

import argparse
import http.client
import ssl
import sys
import urllib.parse

import chat


def call(connection, args, index):
    model = args.model.replace("{i}", str(index))
    script = args.script.replace("{i}", str(index))
    seen = chat.Seen("python http.client", model)
    try:
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
    except Exception as error:
        seen.failed(error)
        connection.close()
    seen.time("end")
    seen.tell()


def main():
    parser = chat.arguments(argparse.ArgumentParser(description=__doc__))
    parser.add_argument("--calls", type=int, default=1, help="over one connection")
    parser.add_argument("--on-input", action="store_true", help="wait for a line of input before each call")
    parser.add_argument("--tls12", action="store_true", help="no TLS 1.3")
    args = parser.parse_args()

    context = ssl.create_default_context(cafile=args.ca)
    if args.tls12:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    url = urllib.parse.urlsplit(args.url)
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=60)
    for index in range(args.calls):
        if args.on_input and not sys.stdin.readline():
            break
        call(connection, args, index)
    connection.close()


main()
