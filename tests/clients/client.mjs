// Node, which brings its own OpenSSL and feeds it memory: the https module, the http2 module, or fetch (undici; HTTP/2
// where the server has it from Node 26 on).
//
//   node client.mjs --url URL --ca PEM [--mode https|http2|fetch] [--script S] [--model M] [--prompt P] [--no-stream]
//                   [--api-key K] [--calls N] [--count N] [--accept-encoding E] [--on-input] [--leave N]
//                   [--leave-code C]
//
// `--calls` follow each other over one kept-alive connection, `--count` of these go at once; each is told as a line of
// JSON when it is over. fetch takes its CA from NODE_EXTRA_CA_CERTS, as real programs do, decodes by itself, and says by
// itself what it accepts unless told; http2 does what programs on it do: it asks for what it is told, and decodes that.
//
// With --on-input each call waits for a line of input; one that is a JSON object holds options of this call alone, such
// as {"script": "chunks=3", "stream": false}. The call of the number --leave is given up before its response is over:
// with http2 by a reset of --leave-code (CANCEL unless told), with fetch by an AbortController.

import fs from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import readline from "node:readline";
import { parseArgs } from "node:util";
import zlib from "node:zlib";

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
    count: { type: "string", default: "1" },
    "accept-encoding": { type: "string" },
    "on-input": { type: "boolean", default: false },
    leave: { type: "string" },
    "leave-code": { type: "string", default: String(http2.constants.NGHTTP2_CANCEL) },
  },
});
// Content chunks that a call has seen which is left.
const LEAVE_AFTER = 3;
// libuv's hrtime is CLOCK_MONOTONIC.
const now = () => process.hrtime.bigint();

class Seen {
  constructor(model, leaves) {
    this.leaves = leaves;
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
      text_crc: 0,
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
        this.text(delta.content);
        this.time("first_token", at);
        this.line.times.last_token = Number(at);
      }
    }
  }

  // Whether this call is given up here.
  isLeft() {
    return this.leaves && this.line.content_chunks >= LEAVE_AFTER;
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
    this.text(answer.choices[0].message.content);
  }

  text(part) {
    const bytes = Buffer.from(part ?? "");
    this.line.text_bytes += bytes.length;
    // Not in every Node that users have.
    this.line.text_crc = zlib.crc32?.(bytes, this.line.text_crc) ?? null;
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

function request(model, script, stream) {
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
    ...(args["accept-encoding"] === undefined ? {} : { "Accept-Encoding": args["accept-encoding"] }),
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

let session;

// A decoder gives what was flushed, not what fills its buffer.
const decoders = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: () => zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH }),
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => zlib.createZstdDecompress({ flush: zlib.constants.ZSTD_e_flush }),
};

function viaHttp2(seen, { body, headers }) {
  session ??= http2.connect(args.url, { ca: args.ca && fs.readFileSync(args.ca) });
  return new Promise((resolve, reject) => {
    const outgoing = session.request({ ":method": "POST", ":path": "/v1/chat/completions", ...headers });
    session.on("error", reject);
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      seen.head(response[":status"], response["x-request-id"]);
      const events = response["content-type"].includes("event-stream");
      const coding = response["content-encoding"];
      const plain = coding ? outgoing.pipe(decoders[coding]()) : outgoing;
      const parts = [];
      plain.on("data", (data) => {
        if (!events) return parts.push(data);
        seen.feed(data);
        if (seen.isLeft()) outgoing.close(Number(args["leave-code"]), resolve);
      });
      plain.on("error", reject);
      plain.on("end", () => {
        if (!events) seen.whole(Buffer.concat(parts).toString());
        resolve();
      });
    });
    outgoing.end(body);
  });
}

async function viaFetch(seen, { body, headers }) {
  const controller = new AbortController();
  const { signal } = controller;
  const response = await fetch(new URL("/v1/chat/completions", args.url), { method: "POST", headers, body, signal });
  seen.head(response.status, response.headers.get("x-request-id"));
  if (response.headers.get("content-type").includes("event-stream")) {
    for await (const data of response.body) {
      seen.feed(data);
      if (seen.isLeft()) controller.abort();
    }
  } else {
    seen.whole(await response.text());
  }
}

const lines = args["on-input"] && readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// Options of the next call, as soon as it may begin; undefined: it shall not.
async function options() {
  const usual = { script: args.script, stream: !args["no-stream"] };
  if (!lines) return usual;
  const { value: line, done } = await lines.next();
  if (done) return undefined;
  return line.startsWith("{") ? { ...usual, ...JSON.parse(line) } : usual;
}

async function calls(first) {
  for (let i = first; i < first + Number(args.calls); i += 1) {
    const asked = await options();
    if (!asked) break;
    const seen = new Seen(args.model.replaceAll("{i}", i), String(i) === args.leave);
    const what = request(seen.line.request_model, asked.script.replaceAll("{i}", i), asked.stream);
    seen.time("start");
    try {
      await { https: viaHttps, http2: viaHttp2, fetch: viaFetch }[args.mode](seen, what);
    } catch (error) {
      seen.line.error = `${error.name}: ${error.message}`;
    }
    seen.tell();
  }
}

await Promise.all(Array.from({ length: Number(args.count) }, (_, i) => calls(i * Number(args.calls))));
agent.destroy();
session?.close();
