// What the browser keeps: conversations and settings for as long as it likes, the API key until its tab is closed.

export const CHATS = 'runnel.chats';
const SETTINGS = 'runnel.settings';
const KEY = 'runnel.key';
const KEPT = 50;

const DEFAULTS = {
  model: '', system: '', temperature: '', top_p: '', max_tokens: '', seed: '', stopStrings: '',
  format: 'text', useTools: false, compareAlways: false, language: '', theme: '',
  schema: JSON.stringify({
    type: 'object',
    properties: {name: {type: 'string'}, age: {type: 'integer'}},
    required: ['name', 'age'],
    additionalProperties: false,
  }, null, 2),
  tools: JSON.stringify([{
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather in a city',
      parameters: {type: 'object', properties: {city: {type: 'string'}}, required: ['city']},
    },
  }], null, 2),
};

export function readSettings() {
  return {...DEFAULTS, ...read(SETTINGS, {})};
}

export function writeSettings(settings) {
  write(SETTINGS, settings);
}

/** Conversations, the latest first. */
export function readChats() {
  return read(CHATS, []);
}

/** Keeps the latest; fewer of them where the browser has no room. */
export function writeChats(chats) {
  for (let kept = Math.min(KEPT, chats.length); !write(CHATS, chats.slice(0, kept)) && kept > 1;) {
    kept = kept >> 1;
  }
}

/** Where site data is blocked, a key lasts as long as the page. */
let key = '';
try {
  key = sessionStorage.getItem(KEY) ?? '';
} catch {
  // blocked
}

export function readKey() {
  return key;
}

export function writeKey(typed) {
  key = typed;
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // blocked
  }
}

function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise; // someone else's, or damaged
  }
}

function write(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
