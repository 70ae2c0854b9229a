// OpenAI's SDK: chat completions, responses, embeddings.

import OpenAI from "openai";

import { SCHEMA, TOOLS } from "./sdk.mjs";

export function client({ key, url, retries }) {
  return new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: retries });
}

// What an error tells.
export const told = ({ status, code, type, requestID }) => ({ status, code: code ?? type, request_id: requestID });

// The answer or stream, its request's id noted.
async function answered(seen, call) {
  const { data, request_id } = await call.withResponse();
  seen.set({ request_id });
  return data;
}

async function chat(client, args, seen, model, prompt, headers) {
  const functions = TOOLS.map((name) => ({ name, description: name, parameters: SCHEMA }));
  const asked = {
    model,
    messages: [{ role: "user", content: prompt }],
    ...(args.tools && { tools: functions.map((each) => ({ type: "function", function: each })) }),
    ...(args.stream && { stream: true, stream_options: { include_usage: true } }),
  };
  const answer = await answered(seen, client.chat.completions.create(asked, { headers }));
  // A stream's chunks have the shape of an answer, with `delta` for `message`.
  for await (const chunk of args.stream ? answer : [answer]) {
    if (args.stream) seen.event();
    seen.set({ response_id: chunk.id, response_model: chunk.model });
    for (const choice of chunk.choices) {
      const said = choice.delta ?? choice.message;
      seen.text(said.content);
      seen.text(said.refusal);
      if (said.refusal) seen.set({ refusal: true });
      for (const { id, function: called } of said.tool_calls ?? []) if (id) seen.tool(id, called.name);
      if (choice.finish_reason) seen.set({ finish_reasons: [choice.finish_reason] });
    }
    const { usage } = chunk;
    seen.usage(usage, {
      input: usage?.prompt_tokens,
      output: usage?.completion_tokens,
      cached: usage?.prompt_tokens_details?.cached_tokens,
      cache_write: usage?.prompt_tokens_details?.cache_write_tokens,
      reasoning: usage?.completion_tokens_details?.reasoning_tokens,
    });
  }
}

async function responses(client, args, seen, model, prompt, headers) {
  const functions = TOOLS.map((name) => ({ type: "function", name, parameters: SCHEMA, strict: false }));
  const asked = { model, input: prompt, stream: args.stream, ...(args.tools && { tools: functions }) };
  let answer = await answered(seen, client.responses.create(asked, { headers }));
  if (args.stream) {
    const stream = answer;
    for await (const event of stream) {
      seen.event();
      if (/^response\.(completed|incomplete|failed)$/.test(event.type)) answer = event.response;
    }
  }
  seen.set({ response_id: answer.id, response_model: answer.model, finish_reasons: finishReasons(answer) });
  for (const item of answer.output) {
    if (item.type === "function_call") seen.tool(item.call_id, item.name);
    for (const part of item.content ?? []) {
      seen.text(part.text ?? part.refusal);
      if (part.type === "refusal") seen.set({ refusal: true });
    }
  }
  const { usage } = answer;
  seen.usage(usage, {
    input: usage?.input_tokens,
    output: usage?.output_tokens,
    cached: usage?.input_tokens_details?.cached_tokens,
    cache_write: usage?.input_tokens_details?.cache_write_tokens,
    reasoning: usage?.output_tokens_details?.reasoning_tokens,
  });
}

// This API has none: they are made of its items and status, as OpenTelemetry's own instrumentation does.
function finishReasons({ status, incomplete_details: details, output }) {
  if (status === "incomplete") return [details.reason === "max_output_tokens" ? "length" : details.reason];
  const names = { function_call: "tool_calls", message: "stop" };
  return [...new Set(output.map(({ type }) => names[type]).filter(Boolean))];
}

async function embeddings(client, _args, seen, model, prompt, headers) {
  const call = client.embeddings.create({ model, input: [prompt, prompt] }, { headers });
  const { data, model: answering, usage } = await answered(seen, call);
  if (data.length !== 2 || data[0].embedding.length !== 4) throw new TypeError("not what was sent");
  seen.set({ response_model: answering });
  seen.usage(usage, { input: usage.prompt_tokens });
}

export const apis = { chat, responses, embeddings };
