// AWS's SDK of Bedrock, for sdk.mjs. It speaks HTTP/2 wherever the server does: that is its own default.

import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";

export function bedrock({ args, headers, retries, sum, CITY, TOOL }) {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: args.url,
    credentials: { accessKeyId: args["api-key"], secretAccessKey: args.secret },
    maxAttempts: 1 + retries,
  });
  // The documented way to send a header of one's own.
  client.middlewareStack.add(
    (next) => (step) => {
      Object.assign(step.request.headers, headers);
      return next(step);
    },
    { step: "build", name: "script" },
  );
  const messages = [{ role: "user", content: [{ text: args.prompt }] }];

  async function send(seen, command) {
    const answer = await client.send(command);
    seen.head(answer.$metadata.httpStatusCode, answer.$metadata.requestId);
    return answer;
  }

  const converseUsage = (seen, usage) => seen.usage(usage, {
    input: sum(usage?.inputTokens, usage?.cacheReadInputTokens, usage?.cacheWriteInputTokens),
    output: usage?.outputTokens,
    cached: usage?.cacheReadInputTokens,
    cache_write: usage?.cacheWriteInputTokens,
  });

  async function converse(seen, modelId) {
    const asked = {
      modelId,
      messages,
      system: [{ text: "Be brief." }],
      inferenceConfig: { maxTokens: 512 },
      toolConfig: { tools: [{ toolSpec: { ...TOOL, inputSchema: { json: CITY } } }] },
    };
    if (!args.stream) {
      const answer = await send(seen, new ConverseCommand(asked));
      seen.finish(answer.stopReason);
      for (const { text, toolUse } of answer.output.message.content) {
        if (text) seen.text(text);
        if (toolUse) seen.tool(toolUse.toolUseId, toolUse.name);
      }
      return converseUsage(seen, answer.usage);
    }
    const { stream } = await send(seen, new ConverseStreamCommand(asked));
    for await (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of stream) {
      const delta = contentBlockDelta?.delta;
      const toolUse = contentBlockStart?.start?.toolUse;
      seen.chunk(delta?.text || delta?.reasoningContent?.text || delta?.toolUse?.input || toolUse, delta?.text);
      if (toolUse) seen.tool(toolUse.toolUseId, toolUse.name);
      seen.finish(messageStop?.stopReason);
      converseUsage(seen, metadata?.usage);
    }
  }

  // Claude's own format, inside Bedrock's.
  async function invoke(seen, modelId) {
    const body = {
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: 512,
      system: "Be brief.",
      messages,
      tools: [{ ...TOOL, input_schema: CITY }],
    };
    body.messages = [{ role: "user", content: args.prompt }];
    const asked = { modelId, contentType: "application/json", body: JSON.stringify(body) };
    const usage = {};
    const read = ({ id, model, stop_reason: reason, content, usage: told }) => {
      seen.identify(id, model);
      seen.finish(reason);
      for (const block of content ?? []) block.type === "tool_use" && seen.tool(block.id, block.name);
      for (const [name, count] of Object.entries(told ?? {})) if (count != null) usage[name] = count;
    };
    if (args.stream) {
      const { body } = await send(seen, new InvokeModelWithResponseStreamCommand(asked));
      for await (const { chunk } of body) {
        const event = JSON.parse(new TextDecoder().decode(chunk.bytes));
        const { delta, content_block: block } = event;
        const content = delta?.text || delta?.thinking || delta?.partial_json || block?.name;
        seen.chunk(content, delta?.text);
        if (event.message) read(event.message);
        if (event.type === "message_delta") read({ ...event.delta, usage: event.usage });
        if (block?.type === "tool_use") seen.tool(block.id, block.name);
      }
    } else {
      const answer = await send(seen, new InvokeModelCommand(asked));
      const message = JSON.parse(new TextDecoder().decode(answer.body));
      for (const block of message.content) if (block.type === "text") seen.text(block.text);
      read(message);
    }
    seen.usage(usage, {
      input: sum(usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens),
      output: usage.output_tokens,
      cached: usage.cache_read_input_tokens,
      cache_write: usage.cache_creation_input_tokens,
      reasoning: usage.output_tokens_details?.thinking_tokens,
    });
  }

  async function count_tokens(seen, modelId) {
    const { inputTokens } = await send(seen, new CountTokensCommand({ modelId, input: { converse: { messages } } }));
    seen.usage({ inputTokens }, { input: inputTokens });
  }

  const failed = (seen, error) => {
    const { httpStatusCode, requestId } = error.$metadata ?? {};
    seen.failed(error, httpStatusCode, requestId, error.name);
  };
  const model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  return { model, apis: { converse, invoke, count_tokens }, failed };
}
