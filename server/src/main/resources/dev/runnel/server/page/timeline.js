// When the pieces of a reply came: a strip of time with a tick for each, and the figures that go with it.

import {words} from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

/** What a reply's times come to. `marks` and `ended` are milliseconds since the request was sent. */
export function figures(marks, ended) {
  const gaps = marks.slice(1).map((mark, i) => mark - marks[i]);
  const sorted = [...gaps].sort((a, b) => a - b);
  const longest = gaps.length ? gaps.indexOf(sorted.at(-1)) : -1;
  return {
    pieces: marks.length,
    first: marks[0],
    medianGap: sorted[(sorted.length - 1) >> 1],
    longestGap: sorted.at(-1),
    longestFrom: longest < 0 ? undefined : marks[longest],
    ended,
  };
}

export function millis(time) {
  if (time === undefined) return '–';
  return time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(time < 10000 ? 2 : 1)} s`;
}

/**
 * The strips of a reply, on one scale: the streamed one, and below it the whole one where that has been asked for too.
 */
export function timeline({marks, ended, whole}) {
  const figure = document.createElement('figure');
  figure.className = 'timeline';
  const scale = Math.max(ended, whole?.ended ?? 0, 1);
  const of = figures(marks, ended);
  figure.append(row(words('streamed'), strip(marks, ended, scale, said(of), of), millis(ended)));
  if (whole) {
    const time = millis(whole.ended);
    figure.append(row(words('whole'), strip([whole.ended], whole.ended, scale, words('wholeFigures', time)), time));
  }
  const caption = document.createElement('figcaption');
  caption.append(said(of));
  if (whole) {
    const verdict = document.createElement('strong');
    verdict.textContent = words('earlier', millis(of.first), millis(whole.ended));
    const same = document.createElement('span');
    same.className = whole.same ? 'same' : 'differs';
    same.textContent = words(whole.same ? 'same' : 'differs');
    caption.append(document.createElement('br'), verdict, ' ', same);
  }
  figure.append(caption);
  return figure;
}

function row(label, svg, total) {
  const line = document.createElement('div');
  const name = document.createElement('span');
  name.textContent = label;
  const time = document.createElement('span');
  time.textContent = total;
  line.append(name, svg, time);
  return line;
}

/** From left to right: what was waited, the ticks, and under the longest gap a bar. */
function strip(marks, ended, scale, label, of) {
  const at = time => `${(100 * time / scale).toFixed(3)}%`;
  const svg = draw('svg', {role: 'img', height: 22, width: '100%', 'aria-label': label});
  svg.append(draw('rect', {class: 'wait', x: 0, y: 8, width: at(marks[0] ?? ended), height: 6}));
  if (of?.longestFrom !== undefined) {
    svg.append(draw('rect', {class: 'gap', x: at(of.longestFrom), y: 19, width: at(of.longestGap), height: 3}));
  }
  for (const mark of marks) {
    svg.append(draw('line', {class: 'tick', x1: at(mark), x2: at(mark), y1: 3, y2: 18}));
  }
  return svg;
}

function said(of) {
  return of.pieces === 1
    ? words('onePiece', millis(of.first))
    : words('figures', millis(of.first), of.pieces, millis(of.medianGap), millis(of.longestGap));
}

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  return element;
}
