// Google's Gen AI SDK: generateContent, embedContent, countTokens.

import { GoogleGenAI } from "@google/genai";

import { SCHEMA, TOOLS, total } from "./sdk.mjs";

export function client({ key, url }) {
  return new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
}

// What an error tells: its message is the body.
export function told({ status, message }) {
  try {
    return { status, code: JSON.parse(message).error.status };
  } catch {
    return { status };
  }
}

async function generate(client, args, seen, model, prompt, headers) {
  const functions = TOOLS.map((name) => ({ name, description: name, parametersJsonSchema: SCHEMA }));
  const config = { httpOptions: { headers }, ...(args.tools && { tools: [{ functionDeclarations: functions }] }) };
  const asked = { model, contents: prompt, config };
  if (!args.stream) return take(seen, await client.models.generateContent(asked));
  for await (const chunk of await client.models.generateContentStream(asked)) {
    seen.event();
    take(seen, chunk);
  }
}

function take(seen, { responseId, modelVersion, candidates, usageMetadata: usage }) {
  seen.set({ response_id: responseId, response_model: modelVersion });
  for (const { finishReason, content } of candidates ?? []) {
    if (finishReason) seen.set({ finish_reasons: [finishReason] });
    for (const { text, thought, functionCall } of content?.parts ?? []) {
      if (!thought) seen.text(text);
      if (functionCall) seen.tool(functionCall.id, functionCall.name);
    }
  }
  seen.usage(usage, {
    input: total(usage?.promptTokenCount, usage?.toolUsePromptTokenCount),
    output: total(usage?.candidatesTokenCount, usage?.thoughtsTokenCount),
    cached: usage?.cachedContentTokenCount,
    reasoning: usage?.thoughtsTokenCount,
  });
}

async function embed(client, _args, seen, model, prompt, headers) {
  const answer = await client.models.embedContent({ model, contents: prompt, config: { httpOptions: { headers } } });
  if (answer.embeddings[0].values.length !== 4) throw new TypeError("not what was sent");
}

async function count_tokens(client, _args, seen, model, prompt, headers) {
  const answer = await client.models.countTokens({ model, contents: prompt, config: { httpOptions: { headers } } });
  seen.usage({ totalTokens: answer.totalTokens }, { input: answer.totalTokens });
}

export const apis = { generate, embed, count_tokens };
