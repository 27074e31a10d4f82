// A streamed reply with a tool, with Vercel's AI SDK. Run it with: npm install && node vercel.mjs
//
// With @ai-sdk/openai instead of @ai-sdk/openai-compatible it works too; what `openai(model)` gives there speaks
// to /v1/responses.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const baseURL = process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1';
const apiKey = process.env.OPENAI_API_KEY ?? 'none';
const headers = { authorization: `Bearer ${apiKey}` };
const runnel = createOpenAICompatible({ name: 'runnel', baseURL, apiKey, includeUsage: true });
const model = process.env.OPENAI_MODEL ?? (await (await fetch(`${baseURL}/models`, { headers })).json()).data[0].id;

const { fullStream } = streamText({
  model: runnel(model),
  prompt: process.argv[2] ?? 'Do I need an umbrella in 北京?',
  tools: {
    weather: tool({
      description: 'The weather in a city, now',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `19 °C and light rain in ${city}`,
    }),
  },
  stopWhen: stepCountIs(5),
});
for await (const part of fullStream) {
  switch (part.type) {
    case 'text-delta':
      process.stdout.write(part.text);
      break;
    case 'tool-result':
      console.log(`[${part.output}]`);
      break;
    case 'finish':
      console.log(`\n${part.totalUsage.inputTokens} tokens of prompt, ${part.totalUsage.outputTokens} of reply`);
      break;
    case 'error':
      throw part.error;
  }
}
