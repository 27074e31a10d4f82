// A model that calls a tool, with OpenAI's own client for Node, which runs the tool and sends its result back.
// Run it with: npm install && node tools.mjs

import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:8080/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'none',
});
const model = process.env.OPENAI_MODEL ?? (await client.models.list()).data[0].id;

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city, now',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
    parse: JSON.parse,
    function: ({ city }) => `19 °C and light rain in ${city}`,
  },
};

const runner = client.chat.completions
  .runTools({
    model,
    messages: [{ role: 'user', content: process.argv[2] ?? 'Do I need an umbrella in 北京?' }],
    tools: [weather],
    stream: true,
  })
  .on('content', piece => process.stdout.write(piece))
  .on('functionToolCallResult', result => console.log(`[${result}]`));
await runner.done();
console.log();
