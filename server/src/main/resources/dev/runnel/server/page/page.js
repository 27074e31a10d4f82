// The page's one place where things meet: what is typed, what the server says, what the browser keeps.

import {ApiError, models, streamChat, wholeChat} from './api.js';
import {composes, lock, view} from './reply.js';
import {CHATS, readChats, readKey, readSettings, writeChats, writeKey, writeSettings} from './store.js';
import {speak, words} from './words.js';

const $ = id => document.getElementById(id);

const settings = readSettings();
const chats = readChats();
let chat = chats[0] ?? fresh();
/** What shows each message of the open conversation. */
const views = new Map();
/** Ends what is being asked for; null while nothing is. */
let running = null;

function fresh() {
  return {id: crypto.getRandomValues(new Uint32Array(2)).join('-'), title: '', messages: []};
}

// Asking

/** The conversation as the wire has it, up to `end`. Replies that failed before their first piece are left out. */
function wireMessages(end, system) {
  const first = system.trim() ? [{role: 'system', content: system}] : [];
  return first.concat(chat.messages.slice(0, end).flatMap(message => {
    switch (message.role) {
      case 'user': return [{role: 'user', content: message.content}];
      case 'tool': return [{role: 'tool', tool_call_id: message.tool_call_id, content: message.content}];
      default: return assistant(message);
    }
  }));
}

function assistant(message) {
  const calls = message.finish === 'tool_calls' && message.calls.length
    ? {tool_calls: message.calls.map(({id, name, arguments: text}) =>
        ({id, type: 'function', function: {name, arguments: text}}))}
    : {};
  return message.content || calls.tool_calls ? [{role: 'assistant', content: message.content, ...calls}] : [];
}

/** What is asked beside the messages. A seed is always chosen, so that the same reply can be asked for again. */
function parameters() {
  const asked = {
    model: $('model').value,
    seed: settings.seed === '' ? crypto.getRandomValues(new Uint32Array(1))[0] >>> 1 : Number(settings.seed),
  };
  for (const name of ['temperature', 'top_p', 'max_tokens']) {
    if (settings[name] !== '') asked[name] = Number(settings[name]);
  }
  const stop = settings.stopStrings.split('\n').filter(each => each !== '');
  if (stop.length) asked.stop = stop;
  if (settings.format === 'json_object') asked.response_format = {type: 'json_object'};
  if (settings.format === 'json_schema') {
    const schema = json(settings.schema, 'schema');
    asked.response_format = {type: 'json_schema', json_schema: {name: 'reply', strict: true, schema}};
  }
  if (settings.useTools) asked.tools = json(settings.tools, 'tools');
  return asked;
}

function json(text, field) {
  try {
    return JSON.parse(text);
  } catch (fault) {
    throw new Error(words('badJson', words(field), fault.message));
  }
}

/** What `parameters` gives; nothing while something runs, or where they can't be made, which is then told. */
function ready() {
  if (running) return undefined;
  trouble('');
  try {
    return parameters();
  } catch (fault) {
    trouble(fault.message);
    return undefined;
  }
}

/** Asks for the reply to all that has been said. */
async function ask(request) {
  const {system} = settings;
  const messages = wireMessages(chat.messages.length, system);
  const reply = {role: 'assistant', content: '', reasoning: '', calls: [], system, request, marks: []};
  const home = chat;
  const update = () => views.get(reply)?.update();
  home.messages.push(reply);
  append(reply);
  scrollDown(true);
  await during(async signal => {
    const whole = settings.compareAlways ? askWhole(request, messages, signal) : undefined;
    await stream(reply, messages, signal, () => {
      if (reply.marks.length === 1) say(words('replyBegins'));
      soon(update);
    });
    if (whole && complete(reply)) {
      update();
      compared(reply, await whole);
    }
  });
  update();
  say(reply.error === undefined ? reply.content : reply.error || words('brokenOff'));
  scrollDown();
  keep(home);
  showChats();
}

/** Fills a reply with what comes, and ends it however that ends. */
async function stream(reply, messages, signal, onPiece) {
  const began = performance.now();
  const now = () => Math.round(10 * (performance.now() - began)) / 10;
  try {
    for await (const chunk of streamChat({...reply.request, messages}, readKey(), signal)) {
      if (take(reply, chunk)) {
        reply.marks.push(now());
        onPiece();
      }
    }
  } catch (fault) {
    if (signal.aborted) reply.finish = 'stopped';
    else reply.error = told(fault);
  }
  reply.ended = now();
}

function complete(reply) {
  return reply.error === undefined && reply.finish !== 'stopped';
}

/** Adds a chunk to its reply; whether it brought a piece. */
function take(reply, chunk) {
  if (chunk.usage) reply.usage = chunk.usage;
  const choice = chunk.choices[0];
  if (!choice) return false;
  if (choice.finish_reason) reply.finish = choice.finish_reason;
  const {content, refusal, reasoning_content: reasoning, tool_calls: calls = []} = choice.delta;
  reply.content += content ?? refusal ?? '';
  reply.reasoning += reasoning ?? '';
  for (const {index, id, function: {name, arguments: text}} of calls) {
    reply.calls[index] ??= {id, name, arguments: ''};
    reply.calls[index].arguments += text ?? '';
  }
  return Boolean(content || refusal || reasoning || calls.length);
}

/** A whole reply as if it had been streamed in one piece. Does not throw: a failure is part of it. */
async function askWhole(request, messages, signal) {
  const began = performance.now();
  const reply = {content: '', calls: []};
  try {
    const {choices: [{message, finish_reason: finish}], usage} = await wholeChat({...request, messages}, readKey(), signal);
    reply.content = message.content ?? message.refusal ?? '';
    reply.calls = (message.tool_calls ?? []).map(call => call.function);
    Object.assign(reply, {finish, usage});
  } catch (fault) {
    if (signal.aborted) reply.finish = 'stopped';
    else reply.error = told(fault);
  }
  reply.ended = performance.now() - began;
  return reply;
}

/** Notes beside a streamed reply how the whole one fared. */
function compared(reply, whole) {
  reply.wholeError = whole.error;
  if (complete(whole)) reply.whole = {ended: whole.ended, same: alike(reply, whole)};
}

function alike(one, other) {
  const said = ({content, finish, calls, usage}) => JSON.stringify([content, finish,
    calls.map(call => [call.name, call.arguments]), usage?.prompt_tokens, usage?.completion_tokens]);
  return said(one) === said(other);
}

/** Does one thing at a time, with the stop button in the place of the other. */
async function during(work) {
  running = new AbortController();
  busy(true);
  try {
    await work(running.signal);
  } finally {
    running.abort(); // what is asked for beside what has failed
    running = null;
    busy(false);
  }
}

function busy(is) {
  const focused = document.activeElement;
  $('send').hidden = is;
  $('stop').hidden = !is;
  lock(is);
  if (focused === $('send') || focused === $('stop')) $('prompt').focus();
  else if (is && (focused === document.body || focused.disabled)) $('stop').focus(); // what had it is gone, or locked
}

function told(fault) {
  if (fault instanceof ApiError) {
    if (fault.status === 401) $('keyForm').hidden = false;
    return fault.message;
  }
  return words('unreachable', fault.message);
}

// What the buttons of a message do

const does = {
  edit(message, text) {
    const request = text.trim() && ready();
    if (!request) return;
    cutAt(chat.messages.indexOf(message));
    send(text, request);
  },
  regenerate(message) {
    const request = ready();
    if (!request) return;
    cutAt(chat.messages.indexOf(message));
    ask(request);
  },
  /** Asks for a reply again, in both ways at the same time, so that neither finds more in a cache than the other. */
  async compare(message) {
    if (running) return;
    const home = chat;
    const at = chat.messages.indexOf(message);
    const again = {content: '', reasoning: '', calls: [], request: message.request, marks: []};
    say(words('comparing'));
    await during(async signal => {
      const messages = wireMessages(at, message.system);
      let arrived;
      const sides = () => views.get(message)?.sides(again, arrived);
      const whole = askWhole(message.request, messages, signal);
      whole.then(each => {
        arrived = each;
        soon(sides);
      });
      sides();
      await stream(again, messages, signal, () => soon(sides));
      const other = complete(again) && await whole;
      if (signal.aborted) {
        say(words('finishStopped'));
        return;
      }
      delete message.whole;
      message.wholeError = again.error;
      if (other) {
        const same = alike(message, again);
        Object.assign(message, {marks: again.marks, ended: again.ended, usage: again.usage});
        compared(message, other);
        if (message.whole) message.whole.same &&= same;
      }
      say(message.whole ? words(message.whole.same ? 'same' : 'differs') : message.wholeError || words('brokenOff'));
    });
    views.get(message)?.update();
    keep(home);
    showChats();
  },
  sendResults(message, results) {
    const request = does.mayAnswer(message) && ready();
    if (!request) return;
    message.calls.forEach((call, i) => {
      chat.messages.push({role: 'tool', tool_call_id: call.id, name: call.name, content: results[i]});
    });
    showTalk();
    ask(request);
  },
  mayAnswer: message => chat.messages.at(-1) === message,
};

function cutAt(at) {
  chat.messages.length = at;
  showTalk();
}

function send(text, request) {
  const before = chat.messages.at(-1);
  chat.title ||= text.trim().split('\n')[0].slice(0, 60);
  chat.messages.push({role: 'user', content: text});
  views.get(before)?.update(); // its calls can't be answered any more
  append(chat.messages.at(-1));
  keep(chat);
  ask(request);
}

// Showing

function showTalk() {
  $('talk').replaceChildren();
  views.clear();
  chat.messages.forEach(append);
  $('empty').hidden = chat.messages.length > 0;
}

function append(message) {
  const made = view(message, does);
  $('talk').append(made.element);
  $('empty').hidden = true;
  views.set(message, made);
}

/** Once per frame, however many pieces come in it. */
let pending = null;
function soon(update) {
  if (!pending) requestAnimationFrame(() => {
    const all = pending;
    pending = null;
    all.forEach(each => each());
    scrollDown();
  });
  (pending ??= new Set()).add(update);
}

/** Follows the reply, unless the reader has scrolled away from its end. */
let follows = true;
function scrollDown(always = false) {
  if (always) follows = true;
  if (follows) $('talk').scrollTop = $('talk').scrollHeight;
}
$('talk').addEventListener('scroll', () => {
  follows = $('talk').scrollHeight - $('talk').scrollTop - $('talk').clientHeight < 60;
});

function say(text) {
  $('said').textContent = text;
}

function trouble(text) {
  $('trouble').textContent = text;
  $('trouble').hidden = !text;
}

function showChats() {
  $('chats').replaceChildren(...chats.map(each => {
    const open = document.createElement('button');
    open.type = 'button';
    open.textContent = each.title;
    open.setAttribute('aria-current', each === chat);
    open.onclick = () => go(each);
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.className = 'remove';
    remove.textContent = '×';
    remove.setAttribute('aria-label', words('remove', each.title));
    remove.onclick = () => {
      each.deleted = true;
      chats.splice(chats.indexOf(each), 1);
      writeChats(chats);
      if (each === chat) go(fresh());
      else showChats();
      $('history').querySelector('button')?.focus();
    };
    const item = document.createElement('li');
    item.append(open, remove);
    return item;
  }));
}

function go(to) {
  running?.abort();
  chat = to;
  showTalk();
  showChats();
  scrollDown(true);
  if (narrow.matches) reveal('history', false);
  $('prompt').focus();
}

/** Puts a conversation first among those that are kept. */
function keep(changed) {
  if (changed.deleted) return; // while its last reply came in
  const at = chats.findIndex(each => each.id === changed.id);
  if (at >= 0) chats.splice(at, 1);
  chats.unshift(changed);
  writeChats(chats);
}

// Settings

const FIELDS = ['system', 'temperature', 'top_p', 'max_tokens', 'seed', 'stopStrings', 'format', 'schema', 'useTools',
  'tools', 'compareAlways', 'language', 'theme'];

for (const name of FIELDS) {
  const field = $(name);
  const property = field.type === 'checkbox' ? 'checked' : 'value';
  field[property] = settings[name];
  field.addEventListener('input', () => {
    settings[name] = field[property];
    writeSettings(settings);
    apply();
    if (name === 'language') {
      showTalk();
      showChats();
    }
  });
}

function apply() {
  speak(settings.language);
  document.documentElement.dataset.theme = settings.theme;
  $('schemaField').hidden = settings.format !== 'json_schema';
  $('toolsField').hidden = !settings.useTools;
}

$('model').addEventListener('change', () => {
  settings.model = $('model').value;
  writeSettings(settings);
});

async function loadModels() {
  try {
    const known = await models(readKey());
    $('model').replaceChildren(...known.map(model => new Option(model.id, model.id)));
    if (known.some(model => model.id === settings.model)) $('model').value = settings.model;
    $('keyForm').hidden = true;
    trouble('');
  } catch (fault) {
    const message = told(fault);
    if (fault.status === 401) {
      trouble(readKey() && words('keyRefused'));
      return;
    }
    trouble(fault.status === 503 ? words('loading') : message);
    setTimeout(loadModels, 1000 * (fault.retryAfterSeconds ?? 2));
  }
}

$('keyForm').addEventListener('submit', event => {
  event.preventDefault();
  trouble('');
  writeKey($('key').value);
  $('key').value = '';
  loadModels();
});

// Columns and keys

const narrow = matchMedia('(max-width: 760px)');

function reveal(id, shown) {
  $(id).hidden = !shown;
  opener(id).setAttribute('aria-expanded', shown);
}

function opener(id) {
  return $(id === 'history' ? 'showHistory' : 'showSettings');
}

for (const id of ['history', 'settings']) {
  opener(id).addEventListener('click', () => {
    const shown = $(id).hidden;
    if (narrow.matches) reveal(id === 'history' ? 'settings' : 'history', false);
    reveal(id, shown);
    if (shown) $(id).querySelector('button, textarea')?.focus();
  });
}

$('newChat').addEventListener('click', () => go(fresh()));
$('stop').addEventListener('click', () => running?.abort());

$('composer').addEventListener('submit', event => {
  event.preventDefault();
  const text = $('prompt').value;
  const request = text.trim() && ready();
  if (!request) return;
  $('prompt').value = '';
  send(text, request);
});

$('prompt').addEventListener('keydown', event => {
  // While an input method composes, Enter is its own.
  if (event.key === 'Enter' && !event.shiftKey && !composes(event)) {
    event.preventDefault();
    $('composer').requestSubmit();
  }
});

document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || composes(event)) return;
  if (running) {
    running.abort();
  } else if (narrow.matches || event.target.closest('nav, aside')) {
    for (const id of ['settings', 'history']) {
      if (!$(id).hidden) {
        reveal(id, false);
        opener(id).focus();
      }
    }
  }
});

/** Another tab has changed what is kept. A reply that is coming in here, and an edit of what is as it was, go on. */
addEventListener('storage', event => {
  if (event.key !== CHATS) return;
  const read = readChats();
  const open = read.find(each => each.id === chat.id);
  if (open && !running && JSON.stringify(open) !== JSON.stringify(chat)) {
    chat = open;
    showTalk();
    scrollDown();
  }
  chats.splice(0, chats.length, ...read.map(each => each.id === chat.id ? chat : each));
  showChats();
});

/** Leaving the page stops what is coming in, rather than have it look like a failure. */
addEventListener('beforeunload', () => running?.abort());

/** A reply that is coming in when the page is left is kept as far as it is there. */
addEventListener('pagehide', () => {
  const last = chat.messages.at(-1);
  if (running && last?.ended === undefined) {
    last.finish = 'stopped';
    last.ended = last.marks.at(-1) ?? 0;
    keep(chat);
  }
});

apply();
showTalk();
showChats();
reveal('history', !narrow.matches && chats.length > 0);
reveal('settings', false);
scrollDown(true);
loadModels();
if (!narrow.matches) $('prompt').focus();
