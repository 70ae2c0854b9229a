"""Anthropic's SDK: messages, and the counting of tokens."""

import anthropic

from sdk import SCHEMA, TOOLS, at, total


def client(args):
    return anthropic.Anthropic(api_key=args.key, base_url=args.url, max_retries=args.retries)


def more(args):
    tools = [{"name": name, "description": name, "input_schema": SCHEMA} for name in TOOLS]
    return {"tools": tools} if args.tools else {}


def messages(client, args, seen, model, prompt, headers):
    asked = {
        "model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": prompt}], "extra_headers": headers,
        **more(args),
    }
    if not args.stream:
        answer = client.messages.create(**asked)
        seen["request_id"] = answer._request_id
    else:
        with client.messages.stream(**asked) as stream:
            seen["request_id"] = stream.request_id
            for _event in stream:
                seen.event()
            answer = stream.get_final_message()
    seen["response_id"] = answer.id
    seen["response_model"] = answer.model
    seen["finish_reasons"] = [answer.stop_reason]
    seen["refusal"] = answer.stop_reason == "refusal"
    for block in answer.content:
        seen.text(at(block, "text"))
        if block.type == "tool_use":
            seen.tool(block.id, block.name)
    take_usage(seen, answer.usage)


def take_usage(seen, usage):
    cached, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    seen.usage(
        usage,
        input=total(usage.input_tokens, cached, written),
        output=usage.output_tokens,
        cached=cached,
        cache_write=written,
        reasoning=at(usage, "output_tokens_details", "thinking_tokens"),
    )


def count_tokens(client, args, seen, model, prompt, headers):
    asked = [{"role": "user", "content": prompt}]
    answer = client.messages.count_tokens(model=model, messages=asked, extra_headers=headers, **more(args))
    seen["request_id"] = answer._request_id
    seen.usage(answer, input=answer.input_tokens)


APIS = {"messages": messages, "count_tokens": count_tokens}
