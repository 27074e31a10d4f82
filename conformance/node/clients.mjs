// One entry for each way of each client: what it can ask, what it tells of a reply, and how it reads one.
// The words are the Java side's (Scenario.Ask, Reading.Part); readings are in the wire's words.

import OpenAI from 'openai';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, streamText, tool } from 'ai';
import { ChatOpenAI } from '@langchain/openai';

const MODEL = 'tiny';
const EVERYTHING = ['NOTHING', 'LIMIT', 'CHOICES', 'TOOLS', 'SCHEMA', 'LOGPROBS', 'STOP'];
const ONE_CHOICE = EVERYTHING.filter(ask => ask !== 'CHOICES');
const STOPS = ['STOP', '。。'];

const schema = (properties, required) => ({ type: 'object', properties, required, additionalProperties: false });
const CITY = schema({ city: { type: 'string' }, population: { type: 'integer' } }, ['city', 'population']);
const TOOLS = {
  weather: schema({ city: { type: 'string' } }, ['city']),
  time: schema({ zone: { type: 'string' } }, ['zone']),
  now: schema({}, []),
};
const FUNCTIONS = Object.entries(TOOLS).map(([name, parameters]) => ({
  type: 'function',
  function: { name, description: `tells the ${name}`, parameters },
}));
const CITY_FORMAT = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema: CITY } };

// ---- openai-node

const openai = (server, order) =>
  new OpenAI({ baseURL: `${server}/v1`, apiKey: 'none', maxRetries: order.retries });

function params(order) {
  const params = { model: MODEL, messages: [{ role: 'user', content: order.message }] };
  switch (order.ask) {
    case 'LIMIT':
      return { ...params, max_completion_tokens: 3 };
    case 'CHOICES':
      return { ...params, n: 2 };
    case 'TOOLS':
      return { ...params, tools: FUNCTIONS };
    case 'SCHEMA':
      return { ...params, response_format: CITY_FORMAT };
    case 'LOGPROBS':
      return { ...params, logprobs: true, top_logprobs: 2 };
    case 'STOP':
      return { ...params, stop: STOPS };
    default:
      return params;
  }
}

const streaming = order => ({
  ...params(order),
  ...(order.usage ? { stream_options: { include_usage: true } } : {}),
});

const usageOf = usage =>
  usage
    ? {
        prompt: usage.prompt_tokens,
        cached: usage.prompt_tokens_details.cached_tokens,
        completion: usage.completion_tokens,
        reasoning: usage.completion_tokens_details.reasoning_tokens,
      }
    : null;

const readingOf = completion => ({
  choices: completion.choices.map(({ message, finish_reason, logprobs }) => ({
    text: message.content ?? '',
    refusal: message.refusal ?? '',
    thinking: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map(call => ({
      id: call.id,
      name: call.function.name,
      arguments: call.function.arguments,
    })),
    finish: finish_reason,
    logprobs: (logprobs?.content ?? []).map(({ token, logprob, bytes }) => ({ token, logprob, bytes })),
  })),
  usage: usageOf(completion.usage),
});

// What a program puts together that only loops over the chunks.
async function looped(chunks, leave) {
  const choices = [];
  let usage = null;
  for await (const chunk of chunks) {
    if (leave) {
      return { choices: [], usage: null };
    }
    usage = chunk.usage ?? usage;
    for (const { index, delta, finish_reason, logprobs } of chunk.choices) {
      const choice = (choices[index] ??= { message: { content: '', refusal: '', reasoning_content: '', tool_calls: [] } });
      choice.message.content += delta.content ?? '';
      choice.message.refusal += delta.refusal ?? '';
      choice.message.reasoning_content += delta.reasoning_content ?? '';
      choice.finish_reason = finish_reason ?? choice.finish_reason ?? null;
      if (logprobs?.content) {
        choice.logprobs = { content: [...(choice.logprobs?.content ?? []), ...logprobs.content] };
      }
      for (const { index, id, function: called } of delta.tool_calls ?? []) {
        const call = (choice.message.tool_calls[index] ??= { id, function: { name: called.name, arguments: '' } });
        call.function.arguments += called.arguments;
      }
    }
  }
  return readingOf({ choices, usage });
}

const ALL_PARTS = [
  'CHOICES', 'REFUSAL', 'THINKING', 'LOGPROBS', 'CALL_IDS', 'EXACT_ARGUMENTS', 'FINISH', 'USAGE', 'DETAILS',
];

const openaiNode = [
  {
    title: 'openai-node whole',
    streams: false,
    asks: EVERYTHING,
    tells: ALL_PARTS,
    read: async (server, order) => readingOf(await openai(server, order).chat.completions.create(params(order))),
  },
  {
    title: 'openai-node raw',
    streams: true,
    asks: EVERYTHING,
    tells: ALL_PARTS,
    read: async (server, order) =>
      looped(
        await openai(server, order).chat.completions.create({ ...streaming(order), stream: true }),
        order.leaveEarly,
      ),
  },
  {
    title: 'openai-node helper',
    streams: true,
    asks: EVERYTHING,
    tells: ALL_PARTS.filter(part => part !== 'THINKING'), // of a member it doesn't know it keeps the last piece
    read: async (server, order) => {
      const stream = openai(server, order).chat.completions.stream(streaming(order));
      if (order.leaveEarly) {
        for await (const _ of stream) {
          stream.abort();
          return { choices: [], usage: null };
        }
      }
      return readingOf(await stream.finalChatCompletion());
    },
  },
];

// The other endpoint, whose events are not chunks.
function responseParams(order) {
  const params = { model: MODEL, input: order.message };
  switch (order.ask) {
    case 'LIMIT':
      return { ...params, max_output_tokens: 3 };
    case 'TOOLS':
      return { ...params, tools: FUNCTIONS.map(({ type, function: called }) => ({ type, ...called })) };
    case 'SCHEMA':
      return { ...params, text: { format: { type: 'json_schema', ...CITY_FORMAT.json_schema } } };
    default:
      return params;
  }
}

function responseReading(response) {
  if (response.status === 'failed') {
    throw new Error(response.error.message);
  }
  const parts = response.output.filter(({ type }) => type === 'message').flatMap(({ content }) => content);
  const calls = response.output.filter(({ type }) => type === 'function_call');
  const finish =
    response.status === 'incomplete' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop';
  return {
    choices: [
      {
        text: parts.map(part => part.text ?? '').join(''),
        refusal: parts.map(part => part.refusal ?? '').join(''),
        thinking: '',
        calls: calls.map(call => ({ id: call.call_id, name: call.name, arguments: call.arguments })),
        finish,
        logprobs: [],
      },
    ],
    usage: response.usage && {
      prompt: response.usage.input_tokens,
      cached: response.usage.input_tokens_details.cached_tokens,
      completion: response.usage.output_tokens,
      reasoning: response.usage.output_tokens_details.reasoning_tokens,
    },
  };
}

const RESPONSES = {
  asks: ['NOTHING', 'LIMIT', 'TOOLS', 'SCHEMA'],
  tells: ['REFUSAL', 'CALL_IDS', 'EXACT_ARGUMENTS', 'FINISH', 'USAGE', 'DETAILS'],
};

const openaiResponses = [
  {
    title: 'openai-node responses whole',
    streams: false,
    ...RESPONSES,
    read: async (server, order) =>
      responseReading(await openai(server, order).responses.create(responseParams(order))),
  },
  {
    title: 'openai-node responses helper',
    streams: true,
    asksForUsage: true,
    ...RESPONSES,
    read: async (server, order) => {
      const stream = openai(server, order).responses.stream(responseParams(order));
      if (order.leaveEarly) {
        for await (const _ of stream) {
          stream.abort();
          return { choices: [], usage: null };
        }
      }
      return responseReading(await stream.finalResponse());
    },
  },
];

// ---- Vercel AI SDK

function vercelOptions(model, order, provider) {
  const options = { model, prompt: order.message, maxRetries: order.retries };
  switch (order.ask) {
    case 'LIMIT':
      return { ...options, maxOutputTokens: 3 };
    case 'TOOLS':
      return {
        ...options,
        tools: Object.fromEntries(
          Object.entries(TOOLS).map(([name, parameters]) => [name, tool({ inputSchema: jsonSchema(parameters) })]),
        ),
      };
    case 'SCHEMA':
      return { ...options, output: Output.object({ schema: jsonSchema(CITY) }) };
    case 'LOGPROBS':
      return { ...options, providerOptions: { [provider]: { logprobs: 2 } } };
    case 'STOP':
      return { ...options, stopSequences: STOPS };
    default:
      return options;
  }
}

const FINISH = { 'tool-calls': 'tool_calls', 'content-filter': 'content_filter' };

// A refusal is told as text that a content filter has ended; the wire's own word for the end tells them apart.
const isRefusal = (finish, raw) => finish === 'content-filter' && (raw ?? 'stop') === 'stop';

const vercelReading = (text, thinking, calls, finish, raw, usage) => ({
  choices: [
    {
      text: isRefusal(finish, raw) ? '' : text,
      refusal: isRefusal(finish, raw) ? text : '',
      thinking,
      calls: calls.map(call => ({ id: call.toolCallId, name: call.toolName, arguments: JSON.stringify(call.input) })),
      finish: isRefusal(finish, raw) ? 'stop' : (FINISH[finish] ?? finish),
      logprobs: [],
    },
  ],
  usage:
    usage.inputTokens === undefined
      ? null
      : {
          prompt: usage.inputTokens,
          cached: usage.inputTokenDetails?.cacheReadTokens ?? 0,
          completion: usage.outputTokens,
          reasoning: usage.outputTokenDetails?.reasoningTokens ?? 0,
        },
});

async function vercelWhole(options) {
  const { text, reasoningText, toolCalls, finishReason, rawFinishReason, usage } = await generateText(options);
  return vercelReading(text, reasoningText ?? '', toolCalls, finishReason, rawFinishReason, usage);
}

async function vercelStream(options, order) {
  const leaving = new AbortController();
  const result = streamText({ ...options, abortSignal: leaving.signal, onError: () => {} });
  const calls = [];
  let text = '';
  let thinking = '';
  let finish;
  for await (const part of result.fullStream) {
    switch (part.type) {
      case 'text-delta':
        text += part.text;
        if (order.leaveEarly) {
          leaving.abort();
          return { choices: [], usage: null };
        }
        break;
      case 'reasoning-delta':
        thinking += part.text;
        break;
      case 'tool-call':
        calls.push(part);
        break;
      case 'finish':
        finish = part;
        break;
      case 'error':
        throw part.error;
    }
  }
  if (!finish) {
    throw new Error('the stream has no finish part');
  }
  return vercelReading(text, thinking, calls, finish.finishReason, finish.rawFinishReason, finish.totalUsage);
}

const chatModel = server => createOpenAI({ baseURL: `${server}/v1`, apiKey: 'none' }).chat(MODEL);
const responsesModel = server => createOpenAI({ baseURL: `${server}/v1`, apiKey: 'none' })(MODEL);
const compatibleModel = server =>
  createOpenAICompatible({
    name: 'runnel',
    baseURL: `${server}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })(MODEL);

const VERCEL_PARTS = ['REFUSAL', 'CALL_IDS', 'FINISH', 'USAGE', 'DETAILS'];

const vercel = [
  ['vercel openai', chatModel, 'openai', ONE_CHOICE, VERCEL_PARTS],
  [
    'vercel compatible', compatibleModel, 'runnel',
    ONE_CHOICE.filter(ask => ask !== 'LOGPROBS'), [...VERCEL_PARTS, 'THINKING'],
  ],
  // What `openai(model)` is without `.chat`: another endpoint, whose events are not chunks.
  ['vercel responses', responsesModel, 'openai', ['NOTHING', 'LIMIT', 'TOOLS', 'SCHEMA'], VERCEL_PARTS],
].flatMap(([name, model, provider, asks, tells]) => [
  {
    title: `${name} whole`,
    streams: false,
    asks,
    tells,
    read: (server, order) => vercelWhole(vercelOptions(model(server), order, provider)),
  },
  {
    title: `${name} stream`,
    streams: true,
    asksForUsage: true,
    asks,
    tells,
    read: (server, order) => vercelStream(vercelOptions(model(server), order, provider), order),
  },
]);

// ---- LangChain

function langchainModel(server, order) {
  const model = new ChatOpenAI({
    model: MODEL,
    apiKey: 'none',
    configuration: { baseURL: `${server}/v1` },
    maxRetries: order.retries,
    streamUsage: order.usage,
    useResponsesApi: false,
    ...(order.ask === 'LIMIT' ? { maxTokens: 3 } : {}),
    ...(order.ask === 'LOGPROBS' ? { logprobs: true, topLogprobs: 2 } : {}),
  });
  return order.ask === 'TOOLS' ? model.bindTools(FUNCTIONS) : model;
}

const langchainOptions = order =>
  order.ask === 'STOP' ? { stop: STOPS } : order.ask === 'SCHEMA' ? { response_format: CITY_FORMAT } : {};

const langchainReading = message => ({
  choices: [
    {
      text: message.content,
      refusal: message.additional_kwargs.refusal ?? '',
      thinking: message.additional_kwargs.reasoning_content ?? '',
      calls: message.tool_calls.map(call => ({ id: call.id, name: call.name, arguments: JSON.stringify(call.args) })),
      finish: message.response_metadata.finish_reason,
      logprobs: [],
    },
  ],
  usage: message.usage_metadata
    ? {
        prompt: message.usage_metadata.input_tokens,
        cached: message.usage_metadata.input_token_details?.cache_read ?? 0,
        completion: message.usage_metadata.output_tokens,
        reasoning: message.usage_metadata.output_token_details?.reasoning ?? 0,
      }
    : null,
});

const LANGCHAIN_PARTS = ['CALL_IDS', 'FINISH', 'USAGE', 'DETAILS'];

const langchain = [
  {
    title: 'langchain whole',
    streams: false,
    asks: ONE_CHOICE,
    tells: LANGCHAIN_PARTS,
    read: async (server, order) =>
      langchainReading(await langchainModel(server, order).invoke(order.message, langchainOptions(order))),
  },
  {
    title: 'langchain stream',
    streams: true,
    asks: ONE_CHOICE,
    tells: LANGCHAIN_PARTS,
    read: async (server, order) => {
      let whole;
      for await (const chunk of await langchainModel(server, order).stream(order.message, langchainOptions(order))) {
        whole = whole ? whole.concat(chunk) : chunk;
        if (order.leaveEarly) {
          return { choices: [], usage: null };
        }
      }
      return langchainReading(whole);
    },
  },
];

export const clients = [...openaiNode, ...openaiResponses, ...vercel, ...langchain];

// What isn't reading a completion.
export const errands = {
  'model by name': async (server, name) =>
    (await new OpenAI({ baseURL: `${server}/v1`, apiKey: 'none' }).models.retrieve(name)).id,
};
