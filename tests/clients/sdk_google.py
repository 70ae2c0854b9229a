"""Google's Gen AI SDK: generateContent, embedContent, countTokens."""

from google import genai
from google.genai import types

from sdk import SCHEMA, TOOLS, at, total


def client(args):
    return genai.Client(api_key=args.key, http_options=types.HttpOptions(base_url=args.url))


def generate(client, args, seen, model, prompt, headers):
    config = types.GenerateContentConfig(http_options=types.HttpOptions(headers=headers))
    if args.tools:
        functions = [
            types.FunctionDeclaration(name=name, description=name, parameters_json_schema=SCHEMA) for name in TOOLS
        ]
        config.tools = [types.Tool(function_declarations=functions)]
    if args.stream:
        for chunk in client.models.generate_content_stream(model=model, contents=prompt, config=config):
            seen.event()
            take(seen, chunk)
    else:
        take(seen, client.models.generate_content(model=model, contents=prompt, config=config))
    # There is no such header.
    seen["request_id"] = None


def take(seen, chunk):
    seen["response_id"] = chunk.response_id
    seen["response_model"] = chunk.model_version
    for candidate in chunk.candidates or []:
        if candidate.finish_reason:
            seen["finish_reasons"] = [candidate.finish_reason.value]
        for part in at(candidate, "content", "parts") or []:
            if not part.thought:
                seen.text(part.text)
            if part.function_call:
                seen.tool(part.function_call.id, part.function_call.name)
    usage = chunk.usage_metadata
    seen.usage(
        usage,
        input=total(at(usage, "prompt_token_count"), at(usage, "tool_use_prompt_token_count")),
        output=total(at(usage, "candidates_token_count"), at(usage, "thoughts_token_count")),
        cached=at(usage, "cached_content_token_count"),
        reasoning=at(usage, "thoughts_token_count"),
    )


def embed(client, args, seen, model, prompt, headers):
    config = types.EmbedContentConfig(http_options=types.HttpOptions(headers=headers))
    answer = client.models.embed_content(model=model, contents=prompt, config=config)
    assert len(answer.embeddings[0].values) == 4


def count_tokens(client, args, seen, model, prompt, headers):
    config = types.CountTokensConfig(http_options=types.HttpOptions(headers=headers))
    answer = client.models.count_tokens(model=model, contents=prompt, config=config)
    seen.usage(answer, input=answer.total_tokens)


APIS = {"generate": generate, "embed": embed, "count_tokens": count_tokens}
