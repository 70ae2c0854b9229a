"""OpenAI's SDK: chat completions, completions, responses, embeddings."""

import openai

from sdk import SCHEMA, TOOLS, at


def client(args):
    return openai.OpenAI(api_key=args.key, base_url=f"{args.url}/v1", max_retries=args.retries)


def chat_usage(seen, usage):
    """Of chat and of completions, in whatever SDK they come."""
    seen.usage(
        usage,
        input=at(usage, "prompt_tokens"),
        output=at(usage, "completion_tokens"),
        cached=at(usage, "prompt_tokens_details", "cached_tokens"),
        cache_write=at(usage, "prompt_tokens_details", "cache_write_tokens"),
        reasoning=at(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def chat_tools(args):
    functions = [{"name": name, "description": name, "parameters": SCHEMA} for name in TOOLS]
    return {"tools": [{"type": "function", "function": function} for function in functions]} if args.tools else {}


def chat(client, args, seen, model, prompt, headers):
    messages = [{"role": "user", "content": prompt}]
    more = chat_tools(args)
    if not args.stream:
        answer = client.chat.completions.create(model=model, messages=messages, extra_headers=headers, **more)
        seen["request_id"] = answer._request_id
        take_chat(seen, answer)
        return
    stream = client.chat.completions.create(
        model=model, messages=messages, extra_headers=headers, stream=True, stream_options={"include_usage": True}, **more
    )
    seen["request_id"] = stream.response.headers.get("x-request-id")
    take_chat_stream(seen, stream)


def take_chat(seen, answer):
    seen["response_id"] = answer.id
    seen["response_model"] = answer.model
    seen["finish_reasons"] = [choice.finish_reason for choice in answer.choices]
    for choice in answer.choices:
        seen.text(choice.message.content)
        seen.text(at(choice.message, "refusal"))
        seen["refusal"] = bool(at(choice.message, "refusal"))
        for tool in choice.message.tool_calls or []:
            seen.tool(tool.id, tool.function.name)
    chat_usage(seen, answer.usage)


def take_chat_stream(seen, stream):
    for chunk in stream:
        seen.event()
        seen["response_id"] = chunk.id
        seen["response_model"] = chunk.model
        for choice in chunk.choices:
            seen.text(choice.delta.content)
            if at(choice.delta, "refusal"):
                seen.text(choice.delta.refusal)
                seen["refusal"] = True
            for tool in choice.delta.tool_calls or []:
                if tool.id:
                    seen.tool(tool.id, tool.function.name)
            if choice.finish_reason:
                seen["finish_reasons"] = [choice.finish_reason]
        if at(chunk, "usage"):
            chat_usage(seen, chunk.usage)


def completions(client, args, seen, model, prompt, headers):
    if not args.stream:
        answer = client.completions.create(model=model, prompt=prompt, extra_headers=headers)
        seen["request_id"] = answer._request_id
        chunks = [answer]
    else:
        chunks = client.completions.create(
            model=model, prompt=prompt, extra_headers=headers, stream=True, stream_options={"include_usage": True}
        )
        seen["request_id"] = chunks.response.headers.get("x-request-id")
    for chunk in chunks:
        if args.stream:
            seen.event()
        seen["response_id"] = chunk.id
        seen["response_model"] = chunk.model
        for choice in chunk.choices:
            seen.text(choice.text)
            if choice.finish_reason:
                seen["finish_reasons"] = [choice.finish_reason]
        if chunk.usage:
            chat_usage(seen, chunk.usage)


def responses(client, args, seen, model, prompt, headers):
    functions = [{"type": "function", "name": name, "parameters": SCHEMA, "strict": False} for name in TOOLS]
    more = {"tools": functions} if args.tools else {}
    if not args.stream:
        answer = client.responses.create(model=model, input=prompt, extra_headers=headers, **more)
        seen["request_id"] = answer._request_id
    else:
        answer = None
        stream = client.responses.create(model=model, input=prompt, extra_headers=headers, stream=True, **more)
        seen["request_id"] = stream.response.headers.get("x-request-id")
        for event in stream:
            seen.event()
            if event.type in ("response.completed", "response.incomplete", "response.failed"):
                answer = event.response
    seen["response_id"] = answer.id
    seen["response_model"] = answer.model
    seen["finish_reasons"] = finish_reasons(answer)
    for item in answer.output:
        if item.type == "function_call":
            seen.tool(item.call_id, item.name)
        for part in at(item, "content") or []:
            seen.text(at(part, "text") or at(part, "refusal"))
            if part.type == "refusal":
                seen["refusal"] = True
    usage = answer.usage
    seen.usage(
        usage,
        input=at(usage, "input_tokens"),
        output=at(usage, "output_tokens"),
        cached=at(usage, "input_tokens_details", "cached_tokens"),
        cache_write=at(usage, "input_tokens_details", "cache_write_tokens"),
        reasoning=at(usage, "output_tokens_details", "reasoning_tokens"),
    )


def finish_reasons(answer):
    """This API has none: they are made of its items and status, as OpenTelemetry's own instrumentation does."""
    if answer.status == "incomplete":
        reason = answer.incomplete_details.reason
        return ["length" if reason == "max_output_tokens" else reason]
    names = {"function_call": "tool_calls", "message": "stop"}
    return list(dict.fromkeys(names[item.type] for item in answer.output if item.type in names))


def embeddings(client, args, seen, model, prompt, headers):
    answer = client.embeddings.create(model=model, input=[prompt, prompt], extra_headers=headers)
    assert len(answer.data) == 2 and len(answer.data[0].embedding) == 4
    # The SDK gives it for this API too, on what its raw response carries; the parsed one has it only in newer ones.
    seen["request_id"] = answer._request_id
    seen["response_model"] = answer.model
    seen.usage(answer.usage, input=answer.usage.prompt_tokens)


APIS = {"chat": chat, "completions": completions, "responses": responses, "embeddings": embeddings}
