// Calls by the providers' own SDKs for Node, unmodified and used as their documentation says; one line of JSON for each
// call, with what the SDK itself returned. The twin of sdk.py.
//
//   node sdk.mjs --sdk openai --api chat --stream --tools --script chunks=3
//
// `sdk_NAME.mjs` has what each SDK can do. `{i}` in the model and the script is the number of the call. What was said is
// not printed. The SDKs are found in `node_modules` next to this file, and the CA in NODE_EXTRA_CA_CERTS, as in real
// programs.
//
// `--host` is the provider's own name: it is put into the URL, and this process resolves every name to the address that
// the URL had. So certificate, SNI and `Host` are what they are in production, and nothing leaves the machine.

import dns from "node:dns";
import fs from "node:fs";
import readline from "node:readline";
import { parseArgs } from "node:util";

const { values: args } = parseArgs({
  options: {
    url: { type: "string" },
    // Node takes it from its environment.
    ca: { type: "string" },
    sdk: { type: "string" },
    api: { type: "string" },
    host: { type: "string" },
    key: { type: "string", default: "sk-local-test-key" },
    model: { type: "string", default: "model-{i}" },
    script: { type: "string", default: "" },
    prompt: { type: "string", default: "Say something short." },
    stream: { type: "boolean", default: false },
    // Offer tools.
    tools: { type: "boolean", default: false },
    // One after the other, by one client.
    calls: { type: "string", default: "1" },
    retries: { type: "string", default: "0" },
    // Wait for a line of input before each call; one that is a JSON object has a model and script for this call alone.
    "on-input": { type: "boolean", default: false },
  },
});
args.retries = Number(args.retries);

// What one call's SDK returned, by the names that are the same for all: `SdkCall` in `harness/sdk.rs`.
class Seen {
  constructor(model) {
    this.line = {
      sdk: args.sdk,
      api: args.api,
      stream: args.stream,
      pid: process.pid,
      request_model: model,
      response_id: null,
      request_id: null,
      response_model: null,
      finish_reasons: [],
      tools: [],
      refusal: false,
      usage: {},
      raw_usage: null,
      text_bytes: 0,
      events: 0,
      error: null,
      unsaid: [],
      times: {},
    };
  }

  // Takes fields as they are; what is undefined is not said.
  set(fields) {
    for (const [name, value] of Object.entries(fields)) {
      if (!(name in this.line)) throw new TypeError(name);
      this.line[name] = value ?? null;
    }
  }

  // Fields that this SDK does not hand out, or not as the provider said them.
  unsaid(...fields) {
    this.line.unsaid.push(...fields);
  }

  time(what) {
    // libuv's hrtime is CLOCK_MONOTONIC; nanoseconds since boot stay exact in a double for 104 days.
    this.line.times[what] ??= Number(process.hrtime.bigint());
  }

  // A stream event as the SDK gives it to its user.
  event() {
    this.time("first_chunk");
    this.line.events += 1;
  }

  text(text) {
    this.line.text_bytes += Buffer.byteLength(text ?? "");
  }

  tool(id, name) {
    this.line.tools.push({ id: id ?? null, name });
  }

  // `counts`: by the rule that is the same for all. What comes from a cache or goes to it is part of the input, reasoning
  // is part of the output.
  usage(raw, counts) {
    if (raw == null) return;
    this.line.raw_usage = raw;
    this.line.usage = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count ?? null]));
  }

  failed(error, { status, code, request_id } = {}) {
    this.line.error = { class: error.constructor.name, code: code ?? null, status: status ?? null };
    this.line.request_id ??= request_id ?? null;
    // Of what breaks in its midst the SDKs do not say how it began.
    if (status == null) this.unsaid("status");
  }

  tell() {
    fs.writeSync(1, JSON.stringify(this.line) + "\n");
  }
}

// The sum of what was said; undefined where nothing was.
export function total(...counts) {
  const said = counts.filter((count) => count != null);
  return said.length ? said.reduce((sum, count) => sum + count, 0) : undefined;
}

export const TOOLS = ["get_weather", "get_time", "search_flights", "book_table"];
export const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

// Longer from call to call, so that what is counted by the prompt differs.
const prompt = (index) => args.prompt + " Please.".repeat(3 * index);

// This process's hosts file.
function resolveAllTo(address) {
  const real = dns.lookup;
  dns.lookup = (_host, ...rest) => real(address, ...rest);
}

async function main() {
  if (args.host) {
    const { hostname, port } = new URL(args.url);
    resolveAllTo(hostname);
    args.url = `https://${args.host}:${port}`;
  }
  // The header goes with each call; an SDK that takes it only when it is made reads it here.
  const headers = {};
  const sdk = await import(`./sdk_${args.sdk}.mjs`);
  const client = sdk.client(args, headers);
  const lines = args["on-input"] && readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (let index = 0; index < Number(args.calls); index += 1) {
    const { done, value: line } = lines ? await lines.next() : {};
    if (done) break;
    const { model: named, script } = { ...args, ...(line?.startsWith("{") && JSON.parse(line)) };
    const model = named.replaceAll("{i}", index);
    headers["x-script"] = script.replaceAll("{i}", index);
    const seen = new Seen(model);
    seen.time("start");
    try {
      await sdk.apis[args.api](client, args, seen, model, prompt(index), headers);
    } catch (error) {
      // fetch's own failures are TypeErrors too, and have a cause.
      const isOurs = [TypeError, ReferenceError, SyntaxError].includes(error.constructor) && !error.cause;
      if (isOurs || process.env.SDK_TRACEBACK) throw error;
      seen.failed(error, sdk.told(error));
    }
    seen.time("end");
    seen.tell();
  }
  // Kept-alive connections would keep this process.
  process.exit(0);
}

main();
