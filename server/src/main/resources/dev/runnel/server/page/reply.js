// One message on the page. A view holds what it shows of a message and nothing else; the message is the state.
//
// user       {role, content}
// tool       {role, tool_call_id, name, content}
// assistant  {role, content, reasoning, calls: [{id, name, arguments}], system, request, marks, ended, finish, usage,
//             error, whole, wholeError}; `ended` and what stands after it once it has

import {show} from './markdown.js';
import {millis, timeline} from './timeline.js';
import {words} from './words.js';

const FINISHES = {length: 'finishLength', content_filter: 'finishFilter', stopped: 'finishStopped'};

let locked = false;

/** What has been typed as results of a reply's calls and not been sent, by the id of the call. */
const drafts = new WeakMap();

/** Whether an input method has this key. Of the one that ends a composition, Safari tells so by its code alone. */
export function composes(event) {
  return event.isComposing || event.keyCode === 229;
}

/** Lets no button ask for anything while something is being asked for. */
export function lock(is) {
  locked = is;
  for (const each of document.querySelectorAll('button.asks')) each.disabled = is;
}

function asking(made) {
  made.classList.add('asks');
  made.disabled = locked;
  return made;
}

/**
 * @param message shown, and shown again whenever `update` is called
 * @param does what its buttons do: edit, regenerate, compare, sendResults
 * @return `{element, update}`, and of a reply also `sides`, which shows it as it comes in two ways
 */
export function view(message, does) {
  switch (message.role) {
    case 'user': return userView(message, does);
    case 'tool': return toolView(message);
    default: return replyView(message, does);
  }
}

function userView(message, does) {
  const element = article('user', words('you'));
  const text = make('p', 'text');
  text.textContent = message.content;
  const bar = make('div', 'bar');
  bar.append(button('edit', () => edit(element, message, does)));
  element.append(text, bar);
  return {element, update() {}};
}

function edit(element, message, does) {
  const before = [...element.childNodes];
  const form = make('form', 'edit');
  const box = make('textarea');
  box.value = message.content;
  box.setAttribute('aria-label', words('edit'));
  const leave = () => {
    element.replaceChildren(...before);
    element.querySelector('button').focus();
  };
  form.append(box, asking(submit('save')), button('cancel', leave));
  form.onsubmit = event => {
    event.preventDefault();
    does.edit(message, box.value);
  };
  form.onkeydown = event => {
    if (event.key !== 'Escape' || composes(event)) return;
    event.stopPropagation(); // elsewhere it stops a reply
    leave();
  };
  element.replaceChildren(form);
  box.focus();
}

function toolView(message) {
  const name = words('tool', message.name);
  const element = article('tool', name);
  const head = make('h3');
  head.textContent = name;
  element.append(head, pre(message.content));
  return {element, update() {}};
}

function replyView(message, does) {
  const element = article('assistant', message.request.model);
  const thoughts = make('details', 'thoughts');
  const summary = make('summary');
  summary.textContent = words('reasoning');
  const thinking = make('div', 'markdown');
  thoughts.append(summary, thinking);
  const text = make('div', 'markdown answer');
  const calls = make('div');
  const end = make('div');
  const pair = make('div', 'sides');
  const columns = ['streamed', 'whole'].map(name => {
    const column = make('section');
    const head = make('h3');
    head.textContent = words(name);
    const body = make('div', 'markdown');
    column.append(head, body);
    pair.append(column);
    return body;
  });
  element.append(thoughts, text, calls, pair, end);
  pair.hidden = true;

  const sides = (streamed, whole) => {
    pair.hidden = false;
    show(columns[0], spoken(streamed));
    show(columns[1], whole ? spoken(whole) : '');
    if (!streamed.marks.length) columns[0].append(note('…'));
    if (!whole) columns[1].append(note('…'));
  };

  const update = () => {
    const running = message.ended === undefined;
    element.setAttribute('aria-busy', running);
    element.classList.toggle('running', running);
    thoughts.hidden = !message.reasoning;
    if (running) thoughts.open = !message.content; // what it thinks is all there is to see until it speaks
    show(thinking, message.reasoning);
    show(text, message.content);
    if (running && !message.marks.length) text.append(note(words('waiting')));
    showCalls(calls, message, does);
    if (!running) end.replaceChildren(...ending(message, does));
  };
  update();
  return {element, update, sides};
}

function spoken({content, calls}) {
  return content || calls.map(call => `${call.name}(${call.arguments})`).join('\n');
}

function showCalls(place, message, does) {
  const asks = message.ended !== undefined && message.finish === 'tool_calls' && does.mayAnswer(message);
  const draft = drafts.get(message) ?? {};
  const form = make('form', 'calls');
  for (const call of message.calls) {
    const head = make('h3');
    head.textContent = words('calls', call.name);
    form.append(head, pre(call.arguments));
    if (asks) {
      const box = make('textarea');
      box.name = call.id;
      box.setAttribute('aria-label', words('result', call.name));
      box.placeholder = words('result', call.name);
      box.value = draft[call.id] ?? '';
      box.oninput = () => drafts.set(message, {...drafts.get(message), [call.id]: box.value});
      form.append(box);
    }
  }
  if (asks) form.append(asking(submit('sendResults')));
  form.onsubmit = event => {
    event.preventDefault();
    does.sendResults(message, message.calls.map(call => form.elements.namedItem(call.id).value));
  };
  place.replaceChildren(...(message.calls.length ? [form] : []));
}

/** What follows a reply that has ended: why it ended, its cost, its times, what can be done with it. */
function ending(message, does) {
  const parts = [];
  if (message.error !== undefined) {
    const failure = make('p', 'failure');
    failure.textContent = message.error || words('brokenOff');
    if (message.error && message.marks.length) failure.append(' ', words('brokenOff'));
    parts.push(failure);
  } else if (FINISHES[message.finish]) {
    parts.push(note(words(FINISHES[message.finish])));
  }
  if (message.marks.length) parts.push(timeline(message));
  if (message.usage) parts.push(note(usage(message)));
  if (message.wholeError !== undefined) parts.push(note(message.wholeError || words('brokenOff')));
  const bar = make('div', 'bar');
  bar.append(copyButton(message), asking(button('regenerate', () => does.regenerate(message))));
  if (message.marks.length && message.error === undefined && message.finish !== 'stopped') {
    bar.append(asking(button('compare', () => does.compare(message))));
  }
  parts.push(bar);
  return parts;
}

function usage({usage, marks, ended}) {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  const parts = [words('usage', usage.prompt_tokens, cached, usage.completion_tokens)];
  if (reasoning) parts.push(words('usageReasoning', reasoning));
  const seconds = (ended - marks[0]) / 1000;
  if (usage.completion_tokens > 1 && seconds > 0.05) {
    parts.push(words('speed', ((usage.completion_tokens - 1) / seconds).toFixed(1)));
  }
  parts.push(millis(ended));
  return parts.join(' · ');
}

function copyButton(message) {
  const copy = button('copy', async () => {
    await navigator.clipboard.writeText(message.content);
    copy.textContent = words('copied');
  });
  copy.hidden = !navigator.clipboard || !message.content; // browsers offer none to a page that came unencrypted
  return copy;
}

function article(kind, label) {
  const element = make('article', kind);
  element.setAttribute('aria-label', label);
  return element;
}

function note(text) {
  const line = make('p', 'quiet');
  line.textContent = text;
  return line;
}

function pre(text) {
  const box = make('pre');
  box.tabIndex = 0;
  box.textContent = text;
  return box;
}

function button(name, action) {
  const made = make('button');
  made.type = 'button';
  made.textContent = words(name);
  made.onclick = action;
  return made;
}

function submit(name) {
  const made = make('button', 'main');
  made.textContent = words(name);
  return made;
}

function make(name, kind) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  return element;
}
