// AWS's SDK of Bedrock: converse, invoke with Anthropic's format inside, the counting of tokens. It speaks HTTP/2
// wherever the server does: that is its own default.

import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";

import { SCHEMA, TOOLS, total } from "./sdk.mjs";
import { take } from "./sdk_anthropic.mjs";

export function client({ key, url, retries }, headers) {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: url,
    // AWS has a pair of them.
    credentials: { accessKeyId: key, secretAccessKey: `${key}-secret` },
    maxAttempts: 1 + retries,
  });
  // The documented way to send a header of one's own.
  const add = (next) => (step) => {
    Object.assign(step.request.headers, headers);
    return next(step);
  };
  client.middlewareStack.add(add, { step: "build", name: "script" });
  return client;
}

// What an error tells. Its name is the service's where it came from there.
export function told({ name, $fault: fault, $metadata: metadata }) {
  return { status: metadata?.httpStatusCode, code: fault && name, request_id: metadata?.requestId };
}

// The answer, its request's id noted. It has neither an id nor a model of its own.
async function send(client, seen, command) {
  const answer = await client.send(command);
  seen.set({ request_id: answer.$metadata.requestId });
  return answer;
}

async function converse(client, args, seen, modelId, prompt) {
  const specs = TOOLS.map((name) => ({ toolSpec: { name, description: name, inputSchema: { json: SCHEMA } } }));
  const asked = {
    modelId,
    messages: [{ role: "user", content: [{ text: prompt }] }],
    inferenceConfig: { maxTokens: 1024 },
    ...(args.tools && { toolConfig: { tools: specs } }),
  };
  const usage = (raw) => seen.usage(raw, {
    input: total(raw?.inputTokens, raw?.cacheReadInputTokens, raw?.cacheWriteInputTokens),
    output: raw?.outputTokens,
    cached: raw?.cacheReadInputTokens,
    cache_write: raw?.cacheWriteInputTokens,
  });
  if (!args.stream) {
    const answer = await send(client, seen, new ConverseCommand(asked));
    seen.set({ finish_reasons: [answer.stopReason] });
    for (const { text, toolUse } of answer.output.message.content) {
      seen.text(text);
      if (toolUse) seen.tool(toolUse.toolUseId, toolUse.name);
    }
    return usage(answer.usage);
  }
  const { stream } = await send(client, seen, new ConverseStreamCommand(asked));
  for await (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of stream) {
    seen.event();
    const toolUse = contentBlockStart?.start?.toolUse;
    if (toolUse) seen.tool(toolUse.toolUseId, toolUse.name);
    seen.text(contentBlockDelta?.delta?.text);
    if (messageStop) seen.set({ finish_reasons: [messageStop.stopReason] });
    usage(metadata?.usage);
  }
}

async function invoke(client, args, seen, modelId, prompt) {
  const body = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1024,
    messages: [{ role: "user", content: prompt }],
    ...(args.tools && { tools: TOOLS.map((name) => ({ name, description: name, input_schema: SCHEMA })) }),
  };
  const asked = { modelId, contentType: "application/json", body: JSON.stringify(body) };
  const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
  if (!args.stream) {
    const answer = await send(client, seen, new InvokeModelCommand(asked));
    return take(seen, parsed(answer.body));
  }
  const answer = await send(client, seen, new InvokeModelWithResponseStreamCommand(asked));
  // This SDK gives Anthropic's events as they come; its users put them together like this.
  let message;
  for await (const { chunk } of answer.body) {
    seen.event();
    const event = parsed(chunk.bytes);
    message ??= event.message;
    if (event.content_block) message.content.push(event.content_block);
    if (event.delta?.text) message.content.at(-1).text += event.delta.text;
    if (event.delta?.stop_reason) message.stop_reason = event.delta.stop_reason;
    Object.assign(message.usage, event.usage);
  }
  take(seen, message);
}

async function count_tokens(client, _args, seen, modelId, prompt) {
  const input = { converse: { messages: [{ role: "user", content: [{ text: prompt }] }] } };
  const { inputTokens } = await send(client, seen, new CountTokensCommand({ modelId, input }));
  seen.usage({ inputTokens }, { input: inputTokens });
}

export const apis = { converse, invoke, count_tokens };
