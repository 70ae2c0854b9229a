"""What the Python clients share: the body of a request, the events of an answer, and the line that tells about both.

Standard library only, and nothing that touches TLS: each client does its own, as the programs it stands for do.
"""

import json
import os
import time
import zlib


def now():
    """The kernel's clock, which the agent and the provider stamp with."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def arguments(parser):
    """Options that all clients take."""
    parser.add_argument("--url", required=True, help="https://HOST:PORT of the provider")
    parser.add_argument("--ca", required=True, help="PEM file of the CA to trust")
    parser.add_argument("--script", default="", help="what the provider shall play (x-script)")
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--prompt", default="Say something short.")
    parser.add_argument("--prompt-bytes", type=int, default=0, help="make the prompt at least this long")
    parser.add_argument("--model-last", action="store_true", help="put the model after the messages")
    parser.add_argument("--api-key", default="sk-local-test-key")
    parser.add_argument("--no-stream", dest="stream", action="store_false")
    return parser


def body(args, model):
    """The JSON of a chat completion request, as the SDKs write it."""
    prompt = args.prompt
    if len(prompt) < args.prompt_bytes:
        prompt += " " + "x" * (args.prompt_bytes - len(prompt) - 1)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]
    request = {"messages": messages, "model": model} if args.model_last else {"model": model, "messages": messages}
    if args.stream:
        request["stream"] = True
        request["stream_options"] = {"include_usage": True}
    return json.dumps(request).encode()


def headers(args, script):
    return {
        "Authorization": "Bearer " + args.api_key,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "OpenAI/Python 3.52.0",
        "X-Script": script,
    }


class Seen:
    """One call as its client saw it."""

    def __init__(self, client, model):
        self.line = {
            "client": client,
            "pid": os.getpid(),
            "request_model": model,
            "status": None,
            "request_id": None,
            "response_id": None,
            "response_model": None,
            "chunks": 0,
            "content_chunks": 0,
            "text_bytes": 0,
            "text_crc": 0,
            "done": False,
            "usage": None,
            "error": None,
            "times": {},
        }
        self.rest = b""

    def time(self, name, at=None):
        """Stamps `name` if it has none."""
        self.line["times"].setdefault(name, now() if at is None else at)

    def head(self, status, request_id):
        self.time("head")
        self.line["status"] = status
        self.line["request_id"] = request_id

    def feed(self, data):
        """Bytes of an event stream, in any pieces."""
        at = now()
        self.rest += data
        while b"\n\n" in self.rest:
            event, self.rest = self.rest.split(b"\n\n", 1)
            for line in event.split(b"\n"):
                if line.startswith(b"data: "):
                    self.event(line[6:], at)

    def event(self, data, at):
        if data == b"[DONE]":
            self.line["done"] = True
            self.time("done", at)
            return
        chunk = json.loads(data)
        self.line["chunks"] += 1
        self.time("first_chunk", at)
        self.identify(chunk)
        for choice in chunk["choices"]:
            delta = choice["delta"]
            if delta.get("content") or delta.get("tool_calls"):
                self.line["content_chunks"] += 1
                self.text(delta.get("content"))
                self.time("first_token", at)
                self.line["times"]["last_token"] = at

    def whole(self, data):
        """The body of an answer that is no stream."""
        self.time("done")
        answer = json.loads(data)
        if "error" in answer:
            self.line["error"] = answer["error"]["message"]
            return
        self.line["done"] = True
        self.identify(answer)
        self.text(answer["choices"][0]["message"]["content"])

    def text(self, part):
        part = (part or "").encode()
        self.line["text_bytes"] += len(part)
        self.line["text_crc"] = zlib.crc32(part, self.line["text_crc"])

    def identify(self, answer):
        self.line["response_id"] = answer["id"]
        self.line["response_model"] = answer["model"]
        if answer.get("usage"):
            usage = answer["usage"]
            self.line["usage"] = {
                "input": usage["prompt_tokens"],
                "output": usage["completion_tokens"],
                "cached": usage["prompt_tokens_details"]["cached_tokens"],
            }

    def failed(self, error):
        self.line["error"] = f"{type(error).__name__}: {error}"

    def tell(self):
        """One line of JSON, whole at once: threads share the output."""
        os.write(1, json.dumps(self.line).encode() + b"\n")
