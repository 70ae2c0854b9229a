// The makers' own SDKs for Node, used as their manuals say. What is told of a call is what the SDK itself returned.
//
//   node sdk.mjs --sdk openai    --api chat|responses|embeddings
//                --sdk anthropic --api messages|count_tokens
//                --sdk google    --api generate|embed|count_tokens
//                --sdk bedrock   --api converse|invoke|count_tokens
//       --url URL [--stream] [--script S] [--model M] [--prompt P] [--api-key K] [--secret S] [--calls N] [--retries N]
//
// They are found in `node_modules` next to this file, and the CA in NODE_EXTRA_CA_CERTS, as in real programs. Calls follow
// each other by one client object; each is told as a line of JSON when it is over. Token counts come twice: as the SDK
// names them, and by the rule that is the same for all (what comes from a cache or goes to it is part of the input,
// reasoning is part of the output). What the SDK does not say is null.

import fs from "node:fs";
import { parseArgs } from "node:util";
import zlib from "node:zlib";

const { values: args } = parseArgs({
  options: {
    sdk: { type: "string" },
    api: { type: "string" },
    url: { type: "string" },
    ca: { type: "string" },
    stream: { type: "boolean", default: false },
    script: { type: "string", default: "" },
    model: { type: "string" },
    prompt: { type: "string", default: "Say something short." },
    "api-key": { type: "string", default: "sk-local-test-key" },
    // AWS has a pair of them.
    secret: { type: "string", default: "local-test-secret" },
    calls: { type: "string", default: "1" },
    retries: { type: "string", default: "0" },
  },
});
const retries = Number(args.retries);
const headers = { "x-script": args.script };
// libuv's hrtime is CLOCK_MONOTONIC; nanoseconds since boot stay exact in a double for 104 days.
const now = () => Number(process.hrtime.bigint());

class Seen {
  constructor(model) {
    this.line = {
      client: `node ${args.sdk} ${args.api}${args.stream ? " stream" : ""}`,
      sdk: args.sdk,
      api: args.api,
      stream: args.stream,
      pid: process.pid,
      request_model: model,
      status: null,
      request_id: null,
      response_id: null,
      response_model: null,
      finish_reasons: [],
      tools: [],
      tokens: { input: null, output: null, cached: null, cache_write: null, reasoning: null },
      usage: null,
      chunks: 0,
      content_chunks: 0,
      text_bytes: 0,
      text_crc: 0,
      done: false,
      error: null,
      error_type: null,
      times: {},
    };
  }

  time(name) {
    this.line.times[name] ??= now();
  }

  head(status, requestId) {
    this.time("head");
    this.line.status ??= status ?? null;
    this.line.request_id ??= requestId ?? null;
  }

  // An event of a stream, and the text that it carries; other content has none.
  chunk(content, text) {
    this.line.chunks += 1;
    this.time("first_chunk");
    if (content) {
      this.line.content_chunks += 1;
      this.time("first_token");
      this.line.times.last_token = now();
    }
    this.text(text);
  }

  text(part) {
    const bytes = Buffer.from(part ?? "");
    this.line.text_bytes += bytes.length;
    // Not in every Node that users have.
    this.line.text_crc = zlib.crc32?.(bytes, this.line.text_crc) ?? null;
  }

  identify(id, model) {
    this.line.response_id ??= id ?? null;
    this.line.response_model ??= model ?? null;
  }

  finish(...reasons) {
    this.line.finish_reasons.push(...reasons.filter((reason) => reason != null));
  }

  tool(id, name) {
    this.line.tools.push({ id: id ?? null, name });
  }

  // `tokens`: by the rule. The last word counts.
  usage(raw, tokens) {
    if (!raw) return;
    this.line.usage = raw;
    for (const [name, count] of Object.entries(tokens)) this.line.tokens[name] = count ?? null;
  }

  done() {
    this.time("done");
    this.line.done = true;
  }

  failed(error, status, requestId, type) {
    this.line.error = `${error.name}: ${error.message}`;
    this.line.error_type = type ?? null;
    this.line.status ??= status ?? null;
    this.line.request_id ??= requestId ?? null;
  }

  tell() {
    this.time("end");
    fs.writeSync(1, JSON.stringify(this.line) + "\n");
  }
}

// The sum of what was said; nothing if the first was not.
const sum = (first, ...rest) => first == null ? null : rest.reduce((all, count) => all + (count ?? 0), first);

// What a chat may call.
const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const TOOL = { name: "get_weather", description: "The weather of a city." };

async function openai() {
  const { default: OpenAI } = await import("openai");
  const client = new OpenAI({
    apiKey: args["api-key"],
    baseURL: `${args.url}/v1`,
    defaultHeaders: headers,
    maxRetries: retries,
  });
  const messages = [{ role: "system", content: "Be brief." }, { role: "user", content: args.prompt }];

  async function chat(seen, model) {
    const tools = [{ type: "function", function: { ...TOOL, parameters: CITY } }];
    const usage = (raw) => seen.usage(raw, {
      input: raw?.prompt_tokens,
      output: raw?.completion_tokens,
      cached: raw?.prompt_tokens_details?.cached_tokens,
      cache_write: raw?.prompt_tokens_details?.cache_write_tokens,
      reasoning: raw?.completion_tokens_details?.reasoning_tokens,
    });
    if (!args.stream) {
      const call = client.chat.completions.create({ model, messages, tools });
      const { data, response, request_id: id } = await call.withResponse();
      seen.head(response.status, id);
      seen.identify(data.id, data.model);
      for (const { finish_reason: reason, message } of data.choices) {
        seen.finish(reason);
        seen.text(message.content);
        for (const call of message.tool_calls ?? []) seen.tool(call.id, call.function.name);
      }
      return usage(data.usage);
    }
    const asked = { model, messages, tools, stream: true, stream_options: { include_usage: true } };
    const { data, response, request_id: id } = await client.chat.completions.create(asked).withResponse();
    seen.head(response.status, id);
    for await (const chunk of data) {
      const deltas = chunk.choices.map((choice) => choice.delta);
      const content = deltas.some((delta) => delta.content || delta.refusal || delta.tool_calls?.length);
      seen.chunk(content, deltas.map((delta) => delta.content ?? "").join(""));
      seen.identify(chunk.id, chunk.model);
      for (const { finish_reason: reason, delta } of chunk.choices) {
        seen.finish(reason);
        for (const call of delta.tool_calls ?? []) if (call.id) seen.tool(call.id, call.function.name);
      }
      usage(chunk.usage);
    }
  }

  async function responses(seen, model) {
    const asked = { model, input: messages, tools: [{ type: "function", ...TOOL, parameters: CITY, strict: false }] };
    const ended = (response) => {
      seen.identify(response.id, response.model);
      const { usage } = response;
      seen.usage(usage, {
        input: usage?.input_tokens,
        output: usage?.output_tokens,
        cached: usage?.input_tokens_details?.cached_tokens,
        cache_write: usage?.input_tokens_details?.cache_write_tokens,
        reasoning: usage?.output_tokens_details?.reasoning_tokens,
      });
      const reasons = new Set();
      for (const item of response.output) {
        if (item.type === "message") reasons.add("stop");
        if (item.type !== "function_call") continue;
        reasons.add("tool_calls");
        seen.tool(item.call_id, item.name);
      }
      // As the conventions map them: this API has no field for it.
      const { reason } = response.incomplete_details ?? {};
      if (response.status === "completed") seen.finish(...reasons);
      else seen.finish(reason === "max_output_tokens" ? "length" : reason ?? "error");
    };
    if (!args.stream) {
      const { data, response, request_id: id } = await client.responses.create(asked).withResponse();
      seen.head(response.status, id);
      seen.text(data.output_text);
      return ended(data);
    }
    const call = client.responses.create({ ...asked, stream: true });
    const { data, response, request_id: id } = await call.withResponse();
    seen.head(response.status, id);
    for await (const event of data) {
      const isDelta = event.type.endsWith(".delta") && event.delta;
      seen.chunk(isDelta, event.type === "response.output_text.delta" ? event.delta : "");
      if (/^response\.(completed|incomplete|failed)$/.test(event.type)) ended(event.response);
    }
  }

  async function embeddings(seen, model) {
    const call = client.embeddings.create({ model, input: [args.prompt, "And something long."] });
    const { data, response, request_id: id } = await call.withResponse();
    seen.head(response.status, id);
    seen.identify(undefined, data.model);
    seen.usage(data.usage, { input: data.usage.prompt_tokens });
  }

  const failed = (seen, error) => {
    seen.failed(error, error.status, error.requestID, error.code ?? error.type);
  };
  return { model: "gpt-4o-mini", apis: { chat, responses, embeddings }, failed };
}

async function anthropic() {
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const client = new Anthropic({
    apiKey: args["api-key"],
    baseURL: args.url,
    defaultHeaders: headers,
    maxRetries: retries,
  });
  const messages_ = [{ role: "user", content: args.prompt }];
  const ended = (seen, message) => {
    const { usage } = message;
    seen.identify(message.id, message.model);
    seen.finish(message.stop_reason);
    for (const block of message.content) if (block.type === "tool_use") seen.tool(block.id, block.name);
    seen.usage(usage, {
      input: sum(usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens),
      output: usage.output_tokens,
      cached: usage.cache_read_input_tokens,
      cache_write: usage.cache_creation_input_tokens,
      reasoning: usage.output_tokens_details?.thinking_tokens,
    });
  };

  async function messages(seen, model) {
    const tools = [{ ...TOOL, input_schema: CITY }];
    const asked = { model, max_tokens: 1024, system: "Be brief.", messages: messages_, tools };
    if (!args.stream) {
      const { data, response, request_id: id } = await client.messages.create(asked).withResponse();
      seen.head(response.status, id);
      for (const block of data.content) if (block.type === "text") seen.text(block.text);
      return ended(seen, data);
    }
    const stream = client.messages.stream(asked);
    const { response, request_id: id } = await stream.withResponse();
    seen.head(response.status, id);
    for await (const { delta, content_block: block } of stream) {
      const isContent = delta?.text || delta?.thinking || delta?.partial_json || block?.name;
      seen.chunk(isContent, delta?.text);
    }
    ended(seen, await stream.finalMessage());
  }

  async function count_tokens(seen, model) {
    const { data, response, request_id: id } = await client.messages
      .countTokens({ model, messages: messages_ })
      .withResponse();
    seen.head(response.status, id);
    seen.usage(data, { input: data.input_tokens });
  }

  const failed = (seen, error) => seen.failed(error, error.status, error.requestID, error.type);
  return { model: "claude-sonnet-4-5", apis: { messages, count_tokens }, failed };
}

async function google() {
  const { GoogleGenAI } = await import("@google/genai");
  const client = new GoogleGenAI({
    apiKey: args["api-key"],
    httpOptions: { baseUrl: args.url, headers },
  });
  const contents = [{ role: "user", parts: [{ text: args.prompt }] }];
  const config = {
    systemInstruction: "Be brief.",
    tools: [{ functionDeclarations: [{ ...TOOL, parametersJsonSchema: CITY }] }],
  };
  const read = (seen, answer) => {
    seen.identify(answer.responseId, answer.modelVersion);
    for (const { finishReason } of answer.candidates ?? []) seen.finish(finishReason);
    for (const { id, name } of answer.functionCalls ?? []) seen.tool(id, name);
    const usage = answer.usageMetadata;
    seen.usage(usage, {
      input: sum(usage?.promptTokenCount, usage?.toolUsePromptTokenCount),
      output: sum(usage?.candidatesTokenCount, usage?.thoughtsTokenCount),
      cached: usage?.cachedContentTokenCount,
      reasoning: usage?.thoughtsTokenCount,
    });
  };
  const parts = (answer) => answer.candidates?.flatMap(({ content }) => content?.parts ?? []) ?? [];
  const text = (answer) => parts(answer).map((part) => part.thought ? "" : part.text ?? "").join("");

  async function generate(seen, model) {
    if (!args.stream) {
      const answer = await client.models.generateContent({ model, contents, config });
      seen.head(200, null);
      seen.text(text(answer));
      return read(seen, answer);
    }
    const stream = await client.models.generateContentStream({ model, contents, config });
    seen.head(200, null);
    for await (const answer of stream) {
      seen.chunk(parts(answer).some((part) => part.text || part.functionCall), text(answer));
      read(seen, answer);
    }
  }

  async function embed(seen, model) {
    await client.models.embedContent({ model, contents: [args.prompt] });
    seen.head(200, null);
  }

  async function count_tokens(seen, model) {
    const answer = await client.models.countTokens({ model, contents });
    seen.head(200, null);
    seen.usage({ totalTokens: answer.totalTokens }, { input: answer.totalTokens });
  }

  // Its message is the body of the error.
  const failed = (seen, error) => {
    let type;
    try {
      type = JSON.parse(error.message).error.status;
    } catch {
      type = undefined;
    }
    seen.failed(error, error.status, null, type);
  };
  return { model: "gemini-2.5-flash", apis: { generate, embed, count_tokens }, failed };
}

async function bedrock() {
  const { bedrock } = await import("./sdk_bedrock.mjs");
  return bedrock({ args, headers, retries, sum, CITY, TOOL });
}

const { model, apis, failed } = await { openai, anthropic, google, bedrock }[args.sdk]();
for (let i = 0; i < Number(args.calls); i += 1) {
  const asked = args.model ?? model;
  const seen = new Seen(asked);
  seen.time("start");
  try {
    await apis[args.api](seen, asked);
    seen.done();
  } catch (error) {
    failed(seen, error);
  }
  seen.tell();
}
// Kept-alive connections would keep this process.
process.exit(0);
