// The server's interface as a browser reads it. Addresses are relative to the page, so that a proxy may put both
// below any path.

/** The server's refusal, or the failure of a stream, in the server's own words. */
export class ApiError extends Error {
  /** @param status 0 where the failure came in the middle of a stream */
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfter;
  }
}

/** Events of a body of server-sent events, as `{event, data}`. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', event = '', data = [];
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return; // an event without its blank line is none
      rest += value;
      const end = rest.endsWith('\r') ? rest.length - 1 : rest.length; // its line feed may be still to come
      const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
      rest = lines.pop() + rest.slice(end);
      for (const line of lines) {
        if (line === '') {
          if (data.length) yield {event, data: data.join('\n')};
          event = '';
          data = [];
        } else if (line.startsWith('data:')) {
          data.push(line.slice(5).replace(/^ /, ''));
        } else if (line.startsWith('event:')) {
          event = line.slice(6).trim();
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Chunks of a streamed completion. Throws if the stream fails, and also if it ends before it is complete. */
export async function* streamChat(body, key, signal) {
  const response = await post({...body, stream: true, stream_options: {include_usage: true}}, key, signal);
  for await (const {event, data} of events(response.body)) {
    if (data === '[DONE]') return;
    const chunk = JSON.parse(data);
    if (event === 'error' || chunk.error) throw new ApiError(chunk.error?.message ?? data, 0);
    yield chunk;
  }
  throw new ApiError('', 0);
}

/** The same completion, whole. */
export async function wholeChat(body, key, signal) {
  return (await post(body, key, signal)).json();
}

export async function models(key) {
  return (await (await ask('v1/models', {headers: headers(key)})).json()).data;
}

function post(body, key, signal) {
  return ask('v1/chat/completions', {
    method: 'POST',
    headers: {'content-type': 'application/json', ...headers(key)},
    body: JSON.stringify(body),
    signal,
  });
}

function headers(key) {
  return key ? {authorization: `Bearer ${key}`} : {};
}

async function ask(address, options) {
  const response = await fetch(address, options);
  if (response.ok) return response;
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error.message;
  } catch {
    // Something in between answered, in its own words.
  }
  throw new ApiError(message || `HTTP ${response.status}`, response.status,
      Number(response.headers.get('retry-after')) || undefined);
}
