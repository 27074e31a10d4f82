// A streamed reply with OpenAI's own client for Node. Run it with: npm install && node stream.mjs "What's 1+1?"

import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'none',
});
const model = process.env.OPENAI_MODEL ?? (await client.models.list()).data[0].id;

const stream = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: process.argv[2] ?? "What's 1+1?" }],
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  if (chunk.usage) {
    console.log(`\n${chunk.usage.prompt_tokens} tokens of prompt, ${chunk.usage.completion_tokens} of reply`);
  }
}
