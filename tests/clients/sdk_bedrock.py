"""AWS's SDK of Bedrock, boto3: converse, invoke with Anthropic's format inside, the counting of tokens."""

import json

import boto3
import botocore.config
import botocore.exceptions

from sdk import SCHEMA, TOOLS, at, total

# The header of the call that is made.
HEADERS = {}


def client(args):
    bedrock = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=args.url,
        verify=args.ca,
        aws_access_key_id=args.key,
        # AWS has a pair of them.
        aws_secret_access_key=f"{args.key}-secret",
        config=botocore.config.Config(retries={"total_max_attempts": 1 + args.retries, "mode": "standard"}),
    )
    # The documented way to send a header of one's own.
    bedrock.meta.events.register("before-call", lambda params, **_: params["headers"].update(HEADERS))
    return bedrock


def told(call):
    """As `call`, whose errors then have their names where `sdk` looks for them."""

    def named(client, args, seen, model, prompt, headers):
        HEADERS.update(headers)
        try:
            call(client, args, seen, model, prompt)
        except botocore.exceptions.ClientError as error:
            error.status = error.response["Error"]["Code"]
            metadata = error.response.get("ResponseMetadata", {})
            error.status_code = metadata.get("HTTPStatusCode")
            # An exception in a stream comes without them, after the answer has told the id.
            if metadata.get("RequestId"):
                seen["request_id"] = metadata["RequestId"]
            else:
                seen.unsaid("status")
            raise

    return named


def answered(seen, answer):
    seen["request_id"] = answer["ResponseMetadata"]["RequestId"]
    return answer


@told
def converse(client, args, seen, model, prompt):
    specs = [{"toolSpec": {"name": name, "description": name, "inputSchema": {"json": SCHEMA}}} for name in TOOLS]
    asked = {
        "modelId": model, "messages": [{"role": "user", "content": [{"text": prompt}]}],
        "inferenceConfig": {"maxTokens": 1024}, **({"toolConfig": {"tools": specs}} if args.tools else {}),
    }
    if not args.stream:
        answer = answered(seen, client.converse(**asked))
        seen["finish_reasons"] = [answer["stopReason"]]
        for part in answer["output"]["message"]["content"]:
            seen.text(part.get("text"))
            if "toolUse" in part:
                seen.tool(part["toolUse"]["toolUseId"], part["toolUse"]["name"])
        take_usage(seen, answer["usage"])
        return
    for event in answered(seen, client.converse_stream(**asked))["stream"]:
        seen.event()
        tool = at(event, "contentBlockStart", "start", "toolUse")
        if tool:
            seen.tool(tool["toolUseId"], tool["name"])
        seen.text(at(event, "contentBlockDelta", "delta", "text"))
        if "messageStop" in event:
            seen["finish_reasons"] = [event["messageStop"]["stopReason"]]
        if "metadata" in event:
            take_usage(seen, event["metadata"]["usage"])


def take_usage(seen, usage):
    cached, written = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    seen.usage(
        usage,
        input=total(usage.get("inputTokens"), cached, written),
        output=usage.get("outputTokens"),
        cached=cached,
        cache_write=written,
    )


@told
def invoke(client, args, seen, model, prompt):
    tools = [{"name": name, "description": name, "input_schema": SCHEMA} for name in TOOLS]
    body = {
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 1024, "messages": [{"role": "user", "content": prompt}],
        **({"tools": tools} if args.tools else {}),
    }
    asked = {"modelId": model, "contentType": "application/json", "body": json.dumps(body)}
    if args.stream:
        stream = answered(seen, client.invoke_model_with_response_stream(**asked))["body"]
        message = put_together(seen, stream)
    else:
        message = json.load(answered(seen, client.invoke_model(**asked))["body"])
    seen["response_id"] = message["id"]
    seen["response_model"] = message["model"]
    seen["finish_reasons"] = [message["stop_reason"]]
    for block in message["content"]:
        seen.text(block.get("text"))
        if block["type"] == "tool_use":
            seen.tool(block["id"], block["name"])
    usage = message["usage"]
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    seen.usage(
        usage,
        input=total(usage["input_tokens"], cached, written),
        output=usage["output_tokens"],
        cached=cached,
        cache_write=written,
        reasoning=at(usage, "output_tokens_details", "thinking_tokens"),
    )


def put_together(seen, stream):
    """This SDK gives Anthropic's events as they come; its users put them together like this."""
    message = None
    for event in stream:
        seen.event()
        event = json.loads(event["chunk"]["bytes"])
        delta = event.get("delta", {})
        match event["type"]:
            case "message_start":
                message = event["message"]
            case "content_block_start":
                message["content"].append(event["content_block"])
            case "content_block_delta" if "text" in delta:
                message["content"][-1]["text"] += delta["text"]
            case "message_delta":
                message["stop_reason"] = delta["stop_reason"]
                message["usage"].update(event["usage"])
    return message


@told
def count_tokens(client, args, seen, model, prompt):
    converse = {"messages": [{"role": "user", "content": [{"text": prompt}]}]}
    answer = answered(seen, client.count_tokens(modelId=model, input={"converse": converse}))
    seen.usage({"inputTokens": answer["inputTokens"]}, input=answer["inputTokens"])


APIS = {"converse": converse, "invoke": invoke, "count_tokens": count_tokens}
