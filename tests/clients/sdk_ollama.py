"""Ollama's SDK: chat, generate, embed."""

import ollama

from sdk import SCHEMA, TOOLS, at


def client(args):
    # Headers are the client's, not a call's: it is made anew for each.
    return lambda headers: ollama.Client(host=args.url, headers=headers)


def chat(client, args, seen, model, prompt, headers):
    functions = [{"name": name, "description": name, "parameters": SCHEMA} for name in TOOLS]
    more = {"tools": [{"type": "function", "function": function} for function in functions]} if args.tools else {}
    messages = [{"role": "user", "content": prompt}]
    take(seen, args, client(headers).chat(model=model, messages=messages, stream=args.stream, **more))


def generate(client, args, seen, model, prompt, headers):
    take(seen, args, client(headers).generate(model=model, prompt=prompt, stream=args.stream))


def take(seen, args, answer):
    for part in answer if args.stream else [answer]:
        if args.stream:
            seen.event()
        seen["response_model"] = part.model
        message = at(part, "message")
        seen.text(at(message, "content") if message else part.response)
        for tool in at(message, "tool_calls") or []:
            seen.tool(None, tool.function.name)
        if part.done:
            seen["finish_reasons"] = [part.done_reason]
            take_usage(seen, part)


def take_usage(seen, part):
    raw = {
        name: at(part, name)
        for name in ("prompt_eval_count", "eval_count", "total_duration", "load_duration", "prompt_eval_cached_count")
    }
    # Version 0.6.3 of the SDK drops prompt_eval_cached_count.
    seen.unsaid("usage.cached")
    seen.usage(raw, input=part.prompt_eval_count, output=at(part, "eval_count"))


def embed(client, args, seen, model, prompt, headers):
    answer = client(headers).embed(model=model, input=[prompt, prompt])
    assert len(answer.embeddings) == 2
    seen["response_model"] = answer.model
    seen.usage({"prompt_eval_count": answer.prompt_eval_count}, input=answer.prompt_eval_count)


APIS = {"chat": chat, "generate": generate, "embed": embed}
