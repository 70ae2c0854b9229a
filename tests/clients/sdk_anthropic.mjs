// Anthropic's SDK: messages, and the counting of tokens.

import Anthropic from "@anthropic-ai/sdk";

import { SCHEMA, TOOLS, total } from "./sdk.mjs";

export function client({ key, url, retries }) {
  return new Anthropic({ apiKey: key, baseURL: url, maxRetries: retries });
}

// What an error tells.
export const told = ({ status, type, requestID }) => ({ status, code: type, request_id: requestID });

const more = (args) =>
  args.tools ? { tools: TOOLS.map((name) => ({ name, description: name, input_schema: SCHEMA })) } : {};

async function messages(client, args, seen, model, prompt, headers) {
  const asked = { model, max_tokens: 1024, messages: [{ role: "user", content: prompt }], ...more(args) };
  let answer;
  if (args.stream) {
    const stream = client.messages.stream(asked, { headers });
    for await (const _event of stream) {
      seen.event();
      seen.set({ request_id: stream.request_id });
    }
    answer = await stream.finalMessage();
  } else {
    const { data, request_id } = await client.messages.create(asked, { headers }).withResponse();
    answer = data;
    seen.set({ request_id });
  }
  take(seen, answer);
}

// A message of Anthropic's, whoever brought it.
export function take(seen, { id, model, stop_reason: reason, content, usage }) {
  seen.set({ response_id: id, response_model: model, finish_reasons: [reason], refusal: reason === "refusal" });
  for (const block of content) {
    seen.text(block.text);
    if (block.type === "tool_use") seen.tool(block.id, block.name);
  }
  const { cache_read_input_tokens: cached, cache_creation_input_tokens: written } = usage;
  seen.usage(usage, {
    input: total(usage.input_tokens, cached, written),
    output: usage.output_tokens,
    cached,
    cache_write: written,
    reasoning: usage.output_tokens_details?.thinking_tokens,
  });
}

async function count_tokens(client, args, seen, model, prompt, headers) {
  const asked = { model, messages: [{ role: "user", content: prompt }], ...more(args) };
  const { data, request_id } = await client.messages.countTokens(asked, { headers }).withResponse();
  seen.set({ request_id });
  seen.usage(data, { input: data.input_tokens });
}

export const apis = { messages, count_tokens };
