"""Calls by the providers' own SDKs, unmodified and used as their documentation says; one line of JSON for each call,
with what the SDK itself returned.

`--sdk openai --api chat --stream --tools --script chunks=3`; `sdk_NAME.py` has what each SDK can do. `{i}` in the model
and the script is the number of the call. What was said is not printed.

`--host` is the provider's own name: it is put into the URL, and this process resolves every name to the address that
the URL had. So certificate, SNI and `Host` are what they are in production, and nothing leaves the machine.
"""

import argparse
import importlib
import json
import os
import socket
import sys
import time
import urllib.parse


class Seen:
    """What one call's SDK returned, by the names that are the same for all: `SdkCall` in `harness/sdk.rs`."""

    def __init__(self, args, model):
        self.line = {
            "sdk": args.sdk, "api": args.api, "stream": args.stream, "pid": os.getpid(), "request_model": model,
            "response_id": None, "request_id": None, "response_model": None, "finish_reasons": [], "tools": [],
            "refusal": False, "usage": {}, "raw_usage": None, "text_bytes": 0, "events": 0, "error": None,
            "unsaid": [], "times": {},
        }

    def __setitem__(self, field, value):
        assert field in self.line, field
        self.line[field] = value

    def unsaid(self, *fields):
        """Fields that this SDK does not hand out, or not as the provider said them."""
        self.line["unsaid"] += fields

    def time(self, what):
        self.line["times"].setdefault(what, time.monotonic_ns())

    def event(self):
        """A stream event as the SDK gives it to its user."""
        self.time("first_chunk")
        self.line["events"] += 1

    def text(self, text):
        self.line["text_bytes"] += len((text or "").encode())

    def tool(self, id, name):
        self.line["tools"].append({"id": id, "name": name})

    def usage(self, raw, **counts):
        self["raw_usage"] = plain(raw)
        self["usage"] = {name: None if count is None else int(count) for name, count in counts.items()}

    def failed(self, error):
        status = at(error, "status_code") or at(error, "code")
        self["error"] = {
            "class": type(error).__name__,
            "code": error_code(error),
            "status": status if isinstance(status, int) else None,
        }

    def tell(self):
        print(json.dumps(self.line), flush=True)


def at(value, *path):
    """A member of objects and dictionaries; `None` where one of them is not there."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return value


def total(*counts):
    """The sum of what was said; `None` where nothing was."""
    said = [count for count in counts if count is not None]
    return sum(said) if said else None


def plain(value):
    """An SDK's object as it dumps it."""
    if value is None:
        return None
    for dump in ("model_dump", "dict"):
        if hasattr(value, dump):
            return json.loads(json.dumps(getattr(value, dump)(), default=str))
    return json.loads(json.dumps(value, default=str))


def error_code(error):
    """The provider's own word for what went wrong, as the SDK kept it."""
    body = at(error, "body") or at(error, "details")
    if isinstance(body, str):
        # Mistral's SDK keeps it as it came.
        try:
            body = json.loads(body)
        except ValueError:
            body = None
    inner = at(body, "error") or body
    for found in (at(error, "status"), at(inner, "code"), at(inner, "type"), at(inner, "status")):
        # Numbers are beside a name that says more.
        if isinstance(found, str) and not found.isdigit():
            return found
    return None


def prompt(text, index):
    """Longer from call to call, so that what is counted by the prompt differs."""
    return text + " Please." * (3 * index)


TOOLS = ["get_weather", "get_time", "search_flights", "book_table"]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def resolve_all_to(address):
    """This process's hosts file."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *rest, **more):
        return real(address, port, *rest, **more)

    socket.getaddrinfo = getaddrinfo


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--sdk", required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("--host", help="the provider's name, in the URL's stead")
    parser.add_argument("--key", default="sk-local-test-key")
    parser.add_argument("--model", default="model-{i}")
    parser.add_argument("--script", default="")
    parser.add_argument("--prompt", default="Say something short.")
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--tools", action="store_true", help="offer tools")
    parser.add_argument("--calls", type=int, default=1, help="one after the other, by one client")
    parser.add_argument("--retries", type=int, default=0)
    parser.add_argument("--on-input", action="store_true", help="wait for a line before each call; JSON: of this call alone")
    args = parser.parse_args()

    # The two ways in which libraries are told of a CA: OpenSSL's own, and requests'.
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = args.ca
    # No proxy and no account of the user's.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None), os.environ.pop(name.lower(), None)
    url = urllib.parse.urlsplit(args.url)
    if args.host:
        resolve_all_to(url.hostname)
        args.url = f"https://{args.host}:{url.port}"

    sdk = importlib.import_module(f"sdk_{args.sdk}")
    client = sdk.client(args)
    call = sdk.APIS[args.api]
    for index in range(args.calls):
        line = sys.stdin.readline() if args.on_input else None
        if line == "":
            break
        asked = {**vars(args), **(json.loads(line) if line and line.startswith("{") else {})}
        model = asked["model"].replace("{i}", str(index))
        headers = {"x-script": asked["script"].replace("{i}", str(index))}
        seen = Seen(args, model)
        seen.time("start")
        try:
            call(client, args, seen, model, prompt(args.prompt, index), headers)
        except Exception as error:
            if type(error).__module__ in ("builtins", "__main__") or os.environ.get("SDK_TRACEBACK"):
                raise
            seen.failed(error)
        seen.time("end")
        seen.tell()


if __name__ == "__main__":
    # What the modules of the SDKs import is this module, not a second one.
    sys.modules["sdk"] = sys.modules["__main__"]
    main()
