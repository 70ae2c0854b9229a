"""LiteLLM: OpenAI's chat and embeddings, Anthropic's messages. It gives every answer OpenAI's shape."""

import os

# It fetches a price list when imported, unless told to use its own.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["LITELLM_MODE"] = "PRODUCTION"

import litellm  # noqa: E402
import openai  # noqa: E402

from sdk import at  # noqa: E402
from sdk_openai import chat_tools, chat_usage, take_chat, take_chat_stream  # noqa: E402


def client(args):
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def complete(client, args, seen, model, prompt, headers, base):
    answer = client.completion(
        model=model, messages=[{"role": "user", "content": prompt}], api_base=base, api_key=args.key,
        extra_headers=headers, stream=args.stream, num_retries=args.retries, max_retries=args.retries, max_tokens=1024,
        **({"stream_options": {"include_usage": True}} if args.stream else {}), **chat_tools(args),
    )
    seen["request_id"] = at(answer, "_response_headers", "x-request-id")
    if args.stream:
        take_chat_stream(seen, answer)
    else:
        take_chat(seen, answer)


def chat(client, args, seen, model, prompt, headers):
    # In a stream it says the model that was asked for.
    seen.unsaid("request_id", *(["response_model"] if args.stream else []))
    complete(client, args, seen, f"openai/{model}", prompt, headers, f"{args.url}/v1")


def messages(client, args, seen, model, prompt, headers):
    # It makes an id of its own, says finish reasons in OpenAI's words, and of an error only which class it is.
    seen.unsaid("request_id", "response_id", "response_model", "finish_reasons", "error")
    complete(client, args, seen, f"anthropic/{model}", prompt, headers, args.url)


def embeddings(client, args, seen, model, prompt, headers):
    seen.unsaid("request_id", "error")
    answer = client.embedding(
        model=f"openai/{model}", input=[prompt, prompt], api_base=f"{args.url}/v1", api_key=args.key,
        extra_headers=headers,
        # For embeddings it takes no other word for it that a call is not tried again.
        client=openai.OpenAI(api_key=args.key, base_url=f"{args.url}/v1", max_retries=args.retries),
    )
    assert len(answer.data) == 2
    seen["response_model"] = answer.model
    seen.usage(answer.usage, input=answer.usage.prompt_tokens)


APIS = {"chat": chat, "messages": messages, "embeddings": embeddings}
