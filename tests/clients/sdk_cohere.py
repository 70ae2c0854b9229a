"""Cohere's SDK, second version of the API: chat, embed, rerank."""

import cohere

from sdk import SCHEMA, TOOLS, at


def client(args):
    return cohere.ClientV2(api_key=args.key, base_url=args.url)


def options(headers):
    return {"additional_headers": headers, "max_retries": 0}


def chat(client, args, seen, model, prompt, headers):
    functions = [{"name": name, "description": name, "parameters": SCHEMA} for name in TOOLS]
    asked = {
        "model": model, "messages": [{"role": "user", "content": prompt}], "request_options": options(headers),
        **({"tools": [{"type": "function", "function": function} for function in functions]} if args.tools else {}),
    }
    # It says which model was asked, nowhere which answered.
    seen.unsaid("request_id")
    if not args.stream:
        answer = client.chat(**asked)
        seen["response_id"] = answer.id
        seen["finish_reasons"] = [answer.finish_reason]
        for item in answer.message.content or []:
            seen.text(at(item, "text"))
        for tool in answer.message.tool_calls or []:
            seen.tool(tool.id, tool.function.name)
        take_usage(seen, answer.usage)
        return
    for event in client.chat_stream(**asked):
        seen.event()
        if event.type == "message-start":
            seen["response_id"] = event.id
        elif event.type == "content-delta":
            seen.text(at(event, "delta", "message", "content", "text"))
        elif event.type == "tool-call-start":
            tool = event.delta.message.tool_calls
            seen.tool(tool.id, tool.function.name)
        elif event.type == "message-end":
            seen["finish_reasons"] = [event.delta.finish_reason]
            take_usage(seen, event.delta.usage)


def take_usage(seen, usage):
    seen.usage(
        usage,
        input=at(usage, "billed_units", "input_tokens"),
        output=at(usage, "billed_units", "output_tokens"),
        cached=at(usage, "cached_tokens"),
    )


def embed(client, args, seen, model, prompt, headers):
    answer = client.embed(
        model=model, texts=[prompt, prompt], input_type="search_document", embedding_types=["float"],
        request_options=options(headers),
    )
    assert len(answer.embeddings.float_) == 2
    seen.unsaid("request_id")
    seen["response_id"] = answer.id
    seen.usage(at(answer, "meta"), input=at(answer, "meta", "billed_units", "input_tokens"))


def rerank(client, args, seen, model, prompt, headers):
    answer = client.rerank(
        model=model, query=prompt, documents=["alpha", "beta", "gamma"], request_options=options(headers)
    )
    assert len(answer.results) == 3
    seen.unsaid("request_id")
    seen["response_id"] = answer.id
    seen.usage(at(answer, "meta"))


APIS = {"chat": chat, "embed": embed, "rerank": rerank}
