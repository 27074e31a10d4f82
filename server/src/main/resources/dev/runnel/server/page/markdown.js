// Markdown as models write it. Text becomes elements one by one and never as HTML, so whatever a model says stays
// text; images become links, so that showing a reply asks nothing of anyone.

// All patterns take time in proportion to a text's length, whatever it is: they run on each frame of a reply.
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})\s*([^\s`]*)/;
const HEADING = /^ {0,3}(#{1,6})\s/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])( +|$)(.*)$/s;
const QUOTE = /^ {0,3}> ?/;
const TABLE_LINE = /^\|?( *:?-+:? *\|)+( *:?-+:?)?$/;

// Stars begin and end emphasis as in CommonMark, which leaves `f(*all, **named)`, `5*(3+2)*4` and `int *a, *b` alone.
const SIGN = '[!-)+-/:-@[-`{-~]';
const begin = stars => `(?<!\\*|\\w(?=${stars}${SIGN}))${stars}`;
const end = stars => `(?<!\\s|${SIGN}(?=${stars}\\w))${stars}(?!\\*)`;

/** What lies between a beginning and an end. No other beginning does, or each would look for an end in all the rest. */
const emphasis = (begins, ends) => `${begins}((?:\\\\.|(?!${begins})[^\\\\])+?)${ends}`;

const INLINE = new RegExp([
  /\\([!-/:-@[-`{-~])/, //                                       1     escaped
  /(?<!`)(`{1,4})(?!`)(.+?)(?<!`)\2(?!`)/, //                      2, 3  code
  emphasis(begin('\\*\\*') + '(?=\\*?[^\\s*])', end('\\*\\*')), //  4     strong
  emphasis('(?<!\\w)__(?=_?[^\\s_])', '(?<!\\s)__(?!\\w)'), //     5     strong
  emphasis(begin('\\*') + '(?![\\s*])', '(?<!\\*)' + end('\\*')), // 6     emphasis
  emphasis('(?<!\\w)_(?![\\s_])', '(?<![\\s_])_(?!\\w)'), //       7     emphasis
  /~~(.+?)~~/, //                                                8     deleted
  /!?\[([^\][]*)\]\((https?:\/\/[^\s)]+|mailto:[^\s)]+)(?:\s[^)[]*)?\)/, // 9, 10 link
  /(https?:\/\/[^\s<>"')\]]*[^\s<>"')\].,;:!?])/, //             11    bare address
].map(each => each.source ?? each).join('|'), 's');

/** Quotes and lists within each other; what lies deeper is shown as it is. */
const DEEPEST = 8;

/**
 * Shows `text` in `place`. Called again with a longer text it replaces only the blocks that have changed, which while
 * a reply streams in is the last one.
 */
export function show(place, text, depth = 0) {
  const old = place.blocks ?? [];
  const now = blocks(text);
  let same = 0;
  while (same < now.length && old[same] === now[same]) same++;
  while (place.childNodes.length > same) place.lastChild.remove();
  now.slice(same).forEach(block => place.append(element(block, depth)));
  place.blocks = now;
}

/** The text's blocks, each as its own source. */
export function blocks(text) {
  const found = [];
  let lines = [], fence = '';
  const flush = () => {
    while (lines.length && lines.at(-1) === '') lines.pop();
    if (lines.length) found.push(lines.join('\n'));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const list = item(lines[0] ?? '');
    const next = item(line);
    const opens = FENCE.exec(next ? next.text : list ? line.trimStart() : line);
    if (fence) {
      lines.push(line);
      if (line.trim().startsWith(fence) && /^[`~]+$/.test(line.trim())) {
        fence = '';
        if (!list) flush();
      }
    } else if (line.trim() === '') {
      if (list) lines.push('');
      else flush();
    } else if (HEADING.test(line) || RULE.test(line)) {
      flush();
      lines.push(line);
      flush();
    } else {
      const within = list && line.startsWith('  ');
      const starts = next ? !list || isBeside(next, list) && next.kind !== list.kind
          : !within && (opens || QUOTE.test(line) && !QUOTE.test(lines[0] ?? '') || list && lines.at(-1) === '');
      if (starts) flush();
      lines.push(line);
      if (opens) fence = opens[1];
    }
  }
  flush();
  return found;
}

/** A line that begins an item of a list. The kind is what CommonMark tells two lists in a row apart by. */
function item(line) {
  const found = RULE.test(line) ? null : ITEM.exec(line);
  return found && {margin: found[1].length, marker: found[2], kind: found[2].at(-1), text: found[4]};
}

/** Whether an item is of the same list as the list's first, or of one in its place, and not of one within it. */
function isBeside(next, first) {
  return next.margin <= first.margin + 1;
}

function element(source, depth) {
  const lines = source.split('\n');
  const first = lines[0];
  if (FENCE.test(first)) return code(lines);
  if (HEADING.test(first)) {
    const [opening, marks] = HEADING.exec(first);
    const title = first.slice(opening.length).trim().replace(/(?<!\S)#+$/, '').trim();
    return inline(make(`h${Math.min(6, marks.length + 2)}`), title); // below the page's own two levels
  }
  if (RULE.test(first)) return make('hr');
  if (depth > DEEPEST) return inline(make('p'), source);
  if (QUOTE.test(first)) {
    const quote = make('blockquote');
    show(quote, lines.map(line => line.replace(QUOTE, '')).join('\n'), depth + 1);
    return quote;
  }
  if (ITEM.test(first)) return list(lines, depth + 1);
  if (lines.length > 1 && first.includes('|') && TABLE_LINE.test(lines[1].trim())) return table(lines);
  return inline(make('p'), source);
}

function code(lines) {
  const fence = FENCE.exec(lines[0]);
  const closed = lines.length > 1 && lines.at(-1).trim().startsWith(fence[1]);
  const pre = make('pre');
  pre.tabIndex = 0; // it may scroll sideways
  if (fence[2]) pre.dataset.language = fence[2];
  const text = make('code');
  const margin = new RegExp(`^ {0,${lines[0].search(/\S/)}}`);
  text.textContent = lines.slice(1, closed ? -1 : undefined).map(line => line.replace(margin, '')).join('\n');
  pre.append(text);
  return pre;
}

function list(lines, depth) {
  const first = item(lines[0]);
  const ordered = /\d/.test(first.marker);
  const all = make(ordered ? 'ol' : 'ul');
  if (ordered && parseInt(first.marker) !== 1) all.start = parseInt(first.marker);
  const items = [];
  for (const line of lines) {
    const next = item(line);
    if (next && isBeside(next, first)) items.push([next.text]);
    else items.at(-1).push(line);
  }
  for (const [text, ...under] of items) {
    const each = make('li');
    const [head, ...rest] = blocks([text, ...outdented(under, first.margin + first.marker.length + 1)].join('\n'));
    if (head !== undefined) {
      const block = element(head, depth);
      if (block.tagName === 'P') each.append(...block.childNodes);
      else each.append(block);
      each.append(...rest.map(block => element(block, depth)));
    }
    all.append(each);
  }
  return all;
}

/** Lines under an item without their margin: up to where its text begins, or less where all of them are less deep. */
function outdented(lines, indent) {
  const depths = lines.filter(line => /^ {2,}\S/.test(line)).map(line => line.search(/\S/));
  const margin = new RegExp(`^ {0,${Math.min(indent, ...depths)}}`);
  return lines.map(line => line.replace(margin, ''));
}

function table(lines) {
  const cells = line => line.trim().replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/)
    .map(cell => cell.trim().replaceAll('\\|', '|'));
  const row = (line, kind) => {
    const tr = make('tr');
    tr.append(...cells(line).map(cell => inline(make(kind), cell)));
    return tr;
  };
  const whole = make('table');
  const head = make('thead'), body = make('tbody');
  head.append(row(lines[0], 'th'));
  body.append(...lines.slice(2).map(line => row(line, 'td')));
  whole.append(head, body);
  const frame = make('div');
  frame.className = 'table';
  frame.tabIndex = 0;
  frame.append(whole);
  return frame;
}

function inline(parent, text) {
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    plain(parent, rest.slice(0, match.index));
    const [all, escaped, , literal, strong, strong2, soft, soft2, deleted, title, target, address] = match;
    if (escaped) {
      parent.append(escaped);
    } else if (literal !== undefined) {
      const span = make('code');
      span.textContent = literal;
      parent.append(span);
    } else if (target ?? address) {
      const link = make('a');
      link.href = target ?? address;
      link.rel = 'noopener noreferrer';
      link.target = '_blank';
      link.textContent = title || target || address;
      parent.append(link);
    } else if (strong ?? strong2) {
      parent.append(inline(make('strong'), strong ?? strong2));
    } else if (soft ?? soft2) {
      parent.append(inline(make('em'), soft ?? soft2));
    } else {
      parent.append(inline(make('del'), deleted));
    }
    rest = rest.slice(match.index + all.length);
  }
  plain(parent, rest);
  return parent;
}

/** A line's end is one: models mean it. */
function plain(parent, text) {
  text.split('\n').forEach((line, i) => {
    if (i > 0) parent.append(make('br'));
    if (line) parent.append(line);
  });
}

function make(name) {
  return document.createElement(name);
}
