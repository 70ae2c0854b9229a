// Node, which brings its own OpenSSL and feeds it memory: the https module, or fetch (undici).
//
//   node client.mjs --url URL --ca PEM [--mode https|fetch] [--script S] [--model M] [--prompt P] [--no-stream]
//                   [--api-key K] [--calls N]
//
// Calls follow each other over one kept-alive connection; each is told as a line of JSON when it is over. fetch takes
// its CA from NODE_EXTRA_CA_CERTS, as real programs do.

import fs from "node:fs";
import https from "node:https";
import { parseArgs } from "node:util";

const { values: args } = parseArgs({
  options: {
    url: { type: "string" },
    ca: { type: "string" },
    mode: { type: "string", default: "https" },
    script: { type: "string", default: "" },
    model: { type: "string", default: "gpt-4o-mini" },
    prompt: { type: "string", default: "Say something short." },
    "api-key": { type: "string", default: "sk-local-test-key" },
    "no-stream": { type: "boolean", default: false },
    calls: { type: "string", default: "1" },
  },
});
const stream = !args["no-stream"];
// libuv's hrtime is CLOCK_MONOTONIC.
const now = () => process.hrtime.bigint();

class Seen {
  constructor(model) {
    this.line = {
      client: `node ${args.mode}`,
      pid: process.pid,
      request_model: model,
      status: null,
      request_id: null,
      response_id: null,
      response_model: null,
      chunks: 0,
      content_chunks: 0,
      text_bytes: 0,
      done: false,
      usage: null,
      error: null,
      times: {},
    };
    this.rest = "";
    this.decoder = new TextDecoder();
  }

  time(name, at = now()) {
    // Nanoseconds since boot stay exact in a double for 104 days.
    this.line.times[name] ??= Number(at);
  }

  head(status, requestId) {
    this.time("head");
    this.line.status = status;
    this.line.request_id = requestId ?? null;
  }

  feed(bytes) {
    const at = now();
    this.rest += this.decoder.decode(bytes, { stream: true });
    for (let end; (end = this.rest.indexOf("\n\n")) >= 0; this.rest = this.rest.slice(end + 2)) {
      for (const line of this.rest.slice(0, end).split("\n")) {
        if (line.startsWith("data: ")) this.event(line.slice(6), at);
      }
    }
  }

  event(data, at) {
    if (data === "[DONE]") {
      this.line.done = true;
      this.time("done", at);
      return;
    }
    const chunk = JSON.parse(data);
    this.line.chunks += 1;
    this.time("first_chunk", at);
    this.identify(chunk);
    for (const { delta } of chunk.choices) {
      if (delta.content || delta.tool_calls) {
        this.line.content_chunks += 1;
        this.line.text_bytes += Buffer.byteLength(delta.content ?? "");
        this.time("first_token", at);
        this.line.times.last_token = Number(at);
      }
    }
  }

  whole(text) {
    this.time("done");
    const answer = JSON.parse(text);
    if (answer.error) {
      this.line.error = answer.error.message;
      return;
    }
    this.line.done = true;
    this.identify(answer);
    this.line.text_bytes = Buffer.byteLength(answer.choices[0].message.content ?? "");
  }

  identify(answer) {
    this.line.response_id = answer.id;
    this.line.response_model = answer.model;
    if (answer.usage) {
      const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: details } = answer.usage;
      this.line.usage = { input, output, cached: details.cached_tokens };
    }
  }

  tell() {
    this.time("end");
    fs.writeSync(1, JSON.stringify(this.line) + "\n");
  }
}

function request(model, script) {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: args.prompt },
  ];
  const body = { model, messages, ...(stream ? { stream, stream_options: { include_usage: true } } : {}) };
  const headers = {
    Authorization: `Bearer ${args["api-key"]}`,
    "Content-Type": "application/json",
    "User-Agent": "OpenAI/JS 6.49.0",
    "X-Script": script,
  };
  return { body: JSON.stringify(body), headers };
}

const agent = new https.Agent({ keepAlive: true, ca: args.ca && fs.readFileSync(args.ca) });

function viaHttps(seen, { body, headers }) {
  return new Promise((resolve, reject) => {
    const url = new URL("/v1/chat/completions", args.url);
    headers["Content-Length"] = Buffer.byteLength(body);
    const outgoing = https.request(url, { method: "POST", headers, agent }, (response) => {
      seen.head(response.statusCode, response.headers["x-request-id"]);
      const events = response.headers["content-type"].includes("event-stream");
      const parts = [];
      response.on("data", (data) => (events ? seen.feed(data) : parts.push(data)));
      response.on("error", reject);
      response.on("end", () => {
        if (!events) seen.whole(Buffer.concat(parts).toString());
        resolve();
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function viaFetch(seen, { body, headers }) {
  const response = await fetch(new URL("/v1/chat/completions", args.url), { method: "POST", headers, body });
  seen.head(response.status, response.headers.get("x-request-id"));
  if (response.headers.get("content-type").includes("event-stream")) {
    for await (const data of response.body) seen.feed(data);
  } else {
    seen.whole(await response.text());
  }
}

for (let i = 0; i < Number(args.calls); i += 1) {
  const model = args.model.replaceAll("{i}", i);
  const seen = new Seen(model);
  seen.time("start");
  try {
    await { https: viaHttps, fetch: viaFetch }[args.mode](seen, request(model, args.script.replaceAll("{i}", i)));
  } catch (error) {
    seen.line.error = `${error.name}: ${error.message}`;
  }
  seen.tell();
}
agent.destroy();
