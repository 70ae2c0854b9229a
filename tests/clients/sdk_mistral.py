"""Mistral's SDK: chat, embeddings."""

try:
    from mistralai.client import Mistral
except ImportError:
    from mistralai import Mistral

from sdk import SCHEMA, TOOLS, at


def client(args):
    return Mistral(api_key=args.key, server_url=args.url)


def chat(client, args, seen, model, prompt, headers):
    functions = [{"name": name, "description": name, "parameters": SCHEMA} for name in TOOLS]
    asked = {
        "model": model, "messages": [{"role": "user", "content": prompt}], "http_headers": headers,
        **({"tools": [{"type": "function", "function": function} for function in functions]} if args.tools else {}),
    }
    # The SDK shows no header to its users.
    seen.unsaid("request_id")
    if args.stream:
        with client.chat.stream(**asked) as stream:
            for event in stream:
                seen.event()
                take(seen, event.data, "delta")
    else:
        take(seen, client.chat.complete(**asked), "message")


def take(seen, answer, part):
    seen["response_id"] = answer.id
    seen["response_model"] = answer.model
    for choice in answer.choices:
        message = getattr(choice, part)
        content = message.content
        if isinstance(content, list):
            for item in content:
                seen.text(at(item, "text"))
        elif content:
            seen.text(content)
        for tool in message.tool_calls or []:
            seen.tool(tool.id, tool.function.name)
        if choice.finish_reason:
            seen["finish_reasons"] = [str(choice.finish_reason)]
    usage = at(answer, "usage")
    if usage:
        seen.usage(
            usage,
            input=usage.prompt_tokens,
            output=usage.completion_tokens,
            cached=at(usage, "prompt_tokens_details", "cached_tokens"),
        )


def embeddings(client, args, seen, model, prompt, headers):
    answer = client.embeddings.create(model=model, inputs=[prompt, prompt], http_headers=headers)
    assert len(answer.data) == 2 and len(answer.data[0].embedding) == 4
    seen.unsaid("request_id")
    seen["response_id"] = answer.id
    seen["response_model"] = answer.model
    seen.usage(answer.usage, input=answer.usage.prompt_tokens, output=answer.usage.completion_tokens)


APIS = {"chat": chat, "embeddings": embeddings}
